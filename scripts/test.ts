/* `npm test`: every suite in order; `npm test -- --only unit` runs one, `--grep TEXT` the tests whose names match. */
import './end-with-parent.ts';
import { exitCode, runTests, summary } from './test-run.ts';

const tally = await runTests(process.argv.slice(2));
process.exitCode = exitCode(tally);
console.log(summary(tally));
