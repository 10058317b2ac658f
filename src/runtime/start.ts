import type { ParsedSettings } from './settings.ts';

/**
 * The settings of a program; asked for help or given something wrong, the process ends here, with 0 or 2.
 *
 * @param parsed what was read from flags and environment
 */
export function settingsOrExit<T>(parsed: ParsedSettings<T>): T {
  switch (parsed.kind) {
    case 'settings':
      return parsed.settings;
    case 'help':
      process.stdout.write(`${parsed.text}\n`);
      return process.exit(0);
    case 'refused':
      process.stderr.write(`${parsed.problems.join('\n')}\n`);
      return process.exit(2);
  }
}
