import { ensureMachine } from '../test/support/real-cluster/machine.ts';
import { UnfitMachineError } from './debian-packages.ts';
import { runTests } from './test-run.ts';
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
    return { passed: 0, failed: 0, skipped: 1 };
  }
  return runTests(['--only', 'real', ...args]);
}
