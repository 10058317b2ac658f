/*
 * `npm run test:real`: the image and the chart of this checkout on a real node with real containers. It does all its own
 * set-up, as root on a Debian machine; anywhere else it says so, and fails. `--grep TEXT` runs the tests whose names match.
 * Whoever forks it is sent the tally.
 */
import './end-with-parent.ts';
import { runRealTests } from './test-real-run.ts';
import { exitCode, summary } from './test-run.ts';

const tally = await runRealTests(process.argv.slice(2));
process.exitCode = exitCode(tally);
process.send?.(tally);
console.log(summary(tally));
