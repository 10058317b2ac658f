import { parseDuration } from '../../api/duration.ts';
import { CommandError } from '../cluster/command-error.ts';
import { EXIT_CODES } from '../terminal/terminal.ts';

/**
 * Reads a duration of the command line.
 *
 * @param option its name, for the sentence
 * @returns milliseconds; undefined if it is not stated
 * @throws CommandError (usage)
 */
export function readDuration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new CommandError(
      `${option}: "${text}" is not a duration; write a positive number with a unit, such as "90s", "30m" or "2h".`,
      EXIT_CODES.usage,
    );
  return ms;
}
