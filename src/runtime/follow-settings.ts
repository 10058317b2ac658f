import { unwatchFile, watchFile } from 'node:fs';
import type { ProcessConfig } from './config.ts';
import type { Logger } from './logging.ts';
import type { ParsedSettings } from './settings.ts';

/** What following the file of settings needs. */
export interface FollowSettingsOptions {
  /** The file that the program was started with. */
  readonly file: string;
  /** What the program was started with. */
  readonly config: ProcessConfig;
  /** Reads all settings again, as at the start. */
  readonly read: () => ParsedSettings<ProcessConfig>;
  /** Its level follows. */
  readonly log: Logger;
  /** How often the file is looked at, in milliseconds; 5,000. */
  readonly intervalMs?: number;
}

/**
 * Lets the log level follow the file of settings, unless a flag or a variable states it. Nothing else changes while a
 * program runs: what else has changed is named in the log. A file that cannot be used changes nothing.
 *
 * The file is looked at again and again: a mounted ConfigMap changes by the swap of a symlink beside it, of which no
 * notice comes on every file system.
 *
 * @returns ends it
 */
export function followSettings({
  file,
  config,
  read,
  log,
  intervalMs = 5_000,
}: FollowSettingsOptions): () => void {
  const look = (): void => {
    const parsed = read();
    if (parsed.kind !== 'settings') {
      const problems = parsed.kind === 'refused' ? parsed.problems : [];
      log.error({ file, problems }, 'the new settings cannot be used, the old ones stay');
      return;
    }
    const { logLevel, ...others } = parsed.settings;
    const waiting = Object.entries(others)
      .filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(config[key as keyof ProcessConfig]))
      .map(([key]) => key);
    if (waiting.length > 0)
      log.warn({ file, settings: waiting }, 'these settings have changed: restart to use them');
    if (logLevel === log.level) return;
    log.info({ file, from: log.level, to: logLevel }, 'the log level changes');
    log.level = logLevel;
  };
  watchFile(file, { interval: intervalMs, persistent: false }, look);
  return () => {
    unwatchFile(file, look);
  };
}
