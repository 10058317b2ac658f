import { unwatchFile, watchFile } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { ProcessConfig } from './config.ts';
import type { Logger } from './logging.ts';
import type { ParsedSettings } from './settings.ts';

/** What following the file of settings needs. */
export interface FollowSettingsOptions {
  /** The file that the program was started with. */
  readonly file: string;
  /** What the program was started with, as `ParsedSettings` has it. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Reads all settings again, as at the start. */
  readonly read: () => ParsedSettings<ProcessConfig>;
  /** Its level follows. */
  readonly log: Logger;
  /** How often the file is looked at, in milliseconds; 5,000. */
  readonly intervalMs?: number;
}

/** The setting that takes effect while a program runs. */
const FOLLOWED = 'logLevel';

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
  values,
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
    const { logLevel } = parsed.settings;
    const waiting = [...parsed.values]
      .filter(([name, value]) => name !== FOLLOWED && !isDeepStrictEqual(value, values.get(name)))
      .map(([name]) => name);
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
