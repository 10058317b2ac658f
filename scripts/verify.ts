/*
 * `npm run verify`, which is what CI runs: types, lint, format, tests, and beside them the tests on a real node where the
 * machine can have one. Every part runs, also after another one failed; a failed check counts in the last line as a
 * failed test does.
 */
import './end-with-parent.ts';
import { runTool } from './run-tool.ts';
import { startRealTests } from './test-real-run.ts';
import { add, exitCode, failure, NOTHING_YET, runTests, summary } from './test-run.ts';

const CHECKS: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'lint', command: 'eslint', args: ['.'] },
  { name: 'format', command: 'prettier', args: ['--check', '--log-level=warn', '.'] },
];

const args = process.argv.slice(2);
// Whoever asks for certain tests has asked for these too, or has not.
const finishRealTests = args.length === 0 ? startRealTests() : undefined;
let checks = NOTHING_YET;
for (const { name, command, args } of CHECKS) {
  if ((await runTool(command, args)) === 0) console.log(`ok: ${name}`);
  else checks = add(checks, failure(`The check of ${name} failed.`));
}
let total = add(checks, await runTests(args));
if (finishRealTests !== undefined) total = add(total, await finishRealTests());
process.exitCode = exitCode(total);
console.log(summary(total));
