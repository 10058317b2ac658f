/*
 * The program that `helm test` runs: asks an installed jobflow for what it does, and says so line by line. Exit code
 * 0: everything is as it should be; 1: something is not, within the time given; 2: wrong settings.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from '../kube/connection.ts';
import { COMMON } from '../runtime/config.ts';
import { readOrExit } from '../runtime/program.ts';
import { durationSetting, parseSettings, textSetting } from '../runtime/settings.ts';
import { installChecks, type InstallCheck } from './installation/install-checks.ts';

const NAME = 'jobflow-check-install';
/** Between two looks, in milliseconds. */
const PAUSE_MS = 1_000;

const SETTINGS = {
  kubeconfig: COMMON.kubeconfig,
  namespace: textSetting({
    flag: 'namespace',
    env: 'JOBFLOW_CHECK_NAMESPACE',
    fallback: 'default',
    description: 'the namespace in which Jobs are asked for, as dry runs',
  }),
  webhookHealthUrl: textSetting({
    flag: 'webhook-health-url',
    fallback: 'http://jobflow-webhook:8081',
    description: 'where the webhook serves /readyz',
  }),
  controllerHealthUrl: textSetting({
    flag: 'controller-health-url',
    fallback: 'http://jobflow-controller:8081',
    description: 'where the controller serves /readyz',
  }),
  timeout: durationSetting({
    flag: 'timeout',
    min: '0s',
    max: '1h',
    fallback: '1m',
    description: 'how long jobflow may take until it is as it should be',
  }),
};

const read = readOrExit({
  name: NAME,
  process,
  read: (args, env) =>
    parseSettings(NAME, SETTINGS, args, env, (value) => ({
      kubeconfigPath: value(SETTINGS.kubeconfig),
      namespace: value(SETTINGS.namespace),
      webhookHealthUrl: value(SETTINGS.webhookHealthUrl),
      controllerHealthUrl: value(SETTINGS.controllerHealthUrl),
      timeoutMs: value(SETTINGS.timeout),
    })),
});
if (read !== undefined) {
  const { kubeconfigPath, timeoutMs, ...install } = read.settings;
  const connection = await connect({ kubeconfigPath, connections: 1, userAgent: NAME, env: process.env });
  const deadline = performance.now() + timeoutMs;
  for (const check of installChecks({ connection, ...install })) {
    const problem = await problemUntil(deadline, check);
    console.log(problem === undefined ? `ok: ${check.name}` : `FAILED: ${check.name}: ${problem}`);
    if (problem !== undefined) process.exitCode = 1;
  }
  await connection.close();
}

/** Looks again while something is wrong: an API server asks a new webhook only after a moment. */
async function problemUntil(deadline: number, { problem }: InstallCheck): Promise<string | undefined> {
  for (;;) {
    const found = await problem();
    if (found === undefined || performance.now() >= deadline) return found;
    await wait(PAUSE_MS);
  }
}
