import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { ensureMachine } from '../test/support/real-cluster/machine.ts';
import { UnfitMachineError } from './debian-packages.ts';
import { failure, NOTHING_YET, runTests } from './test-run.ts';
import type { Tally } from './test-run.ts';

/**
 * Runs the tests on a real node (the suite `real`), after installing what they need. A machine on which they cannot run
 * is told from one on which they fail: they count as skipped there, with a sentence that says why.
 *
 * @param args `--grep TEXT`
 * @throws Error when the set-up fails that this machine could have
 */
export async function runRealTests(args: readonly string[] = []): Promise<Tally> {
  try {
    await ensureMachine((line) => {
      console.log(line);
    });
  } catch (error) {
    if (!(error instanceof UnfitMachineError)) throw error;
    console.log(`\n# real\nSkipped: ${error.message}`);
    return { ...NOTHING_YET, skipped: 1 };
  }
  return runTests(['--only', 'real', ...args]);
}

/** Below everything else that this machine does for the tests: those of the other suites mind more how long things take. */
const NICENESS = 10;

/**
 * Starts the tests on a real node beside whatever else runs: in a process of its own and at a low priority. They wait
 * most of their time, for images, pods and certificates.
 *
 * @returns waits for their end, shows what they printed, and gives the tally; a process that crashed counts as a failure
 */
export function startRealTests(): () => Promise<Tally> {
  const script = fileURLToPath(new URL('./test-real.ts', import.meta.url));
  const child = fork(script, [], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  let tally: Tally | undefined;
  child.once('message', (message: Tally) => {
    tally = message;
  });
  const printed = [child.stdout, child.stderr].map(async (stream) => (stream === null ? '' : text(stream)));
  const ended = once(child, 'exit');
  return async () => {
    const [code] = (await ended) as [number | null];
    for (const output of await Promise.all(printed)) process.stdout.write(output);
    if (tally !== undefined) return tally;
    return failure(
      `The tests on a real node ended with ${code === null ? 'a signal' : `code ${code}`} before their last.`,
    );
  };
}
