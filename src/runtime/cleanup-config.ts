import type { CleanupPolicy } from '../core/cleanup-plan.ts';
import { COMMON, type LogLevel } from './config.ts';
import {
  choiceSetting,
  durationSetting,
  parseSettings,
  type Environment,
  type ParsedSettings,
} from './settings.ts';

/** What the clean-up is told. */
export interface CleanupConfig {
  /** Undefined inside a cluster: the pod's own service account is used. */
  readonly kubeconfig: string | undefined;
  /** The namespaces to look through; none stands for all. */
  readonly namespaces: readonly string[];
  readonly logLevel: LogLevel;
  readonly policy: CleanupPolicy;
  readonly timeoutMs: number;
}

const KEEP_OR_DELETE = ['keep', 'delete'] as const;

/** Every setting of the clean-up; its documentation is made from this table. */
export const CLEANUP_SETTINGS = {
  kubeconfig: COMMON.kubeconfig,
  namespaces: {
    ...COMMON.namespaces,
    description: 'the namespaces to look through; those that jobflow was told to follow, or all',
  },
  logLevel: COMMON.logLevel,
  jobs: choiceSetting({
    flag: 'jobs',
    words: KEEP_OR_DELETE,
    fallback: 'keep',
    description: 'what becomes of Jobs that wait at their gate; kept, they stay suspended',
  }),
  flows: choiceSetting({
    flag: 'flows',
    words: KEEP_OR_DELETE,
    fallback: 'keep',
    description: 'what becomes of JobFlows and DaemonJobs, and with them of the Jobs that they own',
  }),
  timeout: durationSetting({
    flag: 'timeout',
    min: '1s',
    max: '24h',
    fallback: '4m',
    description: 'how long it tries; keep it below the limit of whoever waits for it, such as helm --timeout',
  }),
};

/**
 * Reads the clean-up's configuration.
 *
 * @param args the arguments after the program's name
 * @param env the environment
 */
export function readCleanupConfig(args: readonly string[], env: Environment): ParsedSettings<CleanupConfig> {
  const table = CLEANUP_SETTINGS;
  return parseSettings('jobflow-cleanup', table, args, env, (value) => ({
    kubeconfig: value(table.kubeconfig),
    namespaces: value(table.namespaces),
    logLevel: value(table.logLevel),
    policy: { jobs: value(table.jobs), flows: value(table.flows) },
    timeoutMs: value(table.timeout),
  }));
}
