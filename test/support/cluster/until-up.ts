import type { Program } from './supervisor.ts';
import { waitUntil } from './wait-until.ts';
import type { WaitOptions } from './wait-until.ts';

/** Lines of a program's log that an error shows. */
const SHOWN_LINES = 25;

/**
 * Waits until a program that was just started is up.
 *
 * @param what names the awaited condition in the error, as in `the API server to be ready`
 * @param look as of `waitUntil`; it is also asked while the program does not listen yet
 * @throws Error with the end of its log when it ends before that, or takes longer than a minute
 */
export async function untilUp<T>(
  program: Pick<Program, 'name' | 'running' | 'logText'>,
  what: string,
  look: () => Promise<T | undefined | false>,
  options: Pick<WaitOptions, 'intervalMs'> = {},
): Promise<T> {
  const explain = () => logEnd(program);
  return waitUntil(
    what,
    async () => {
      if (!program.running) throw new Error(`${program.name} ended at its start:\n${await explain()}`);
      return look();
    },
    { limitMs: 60_000, explain, ...options },
  );
}

/** The last lines that a program has logged. */
export async function logEnd(program: Pick<Program, 'logText'>): Promise<string> {
  return (await program.logText()).split('\n').slice(-SHOWN_LINES).join('\n');
}
