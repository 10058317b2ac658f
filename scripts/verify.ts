/*
 * `npm run verify`, which is what CI runs: types, lint, format, tests, and the tests on a real node where the machine
 * can have one. Every part runs, also after another one failed; a failed check counts in the last line as a failed test
 * does.
 */
import './end-with-parent.ts';
import { runTool } from './run-tool.ts';
import { runRealTests } from './test-real-run.ts';
import { add, exitCode, runTests, summaryLine } from './test-run.ts';
import type { Tally } from './test-run.ts';

const CHECKS: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'lint', command: 'eslint', args: ['.'] },
  { name: 'format', command: 'prettier', args: ['--check', '--log-level=warn', '.'] },
];

let checks: Tally = { passed: 0, failed: 0, skipped: 0 };
for (const { name, command, args } of CHECKS) {
  const passed = (await runTool(command, args)) === 0;
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name}`);
  checks = add(checks, { passed: 0, failed: passed ? 0 : 1, skipped: 0 });
}
const args = process.argv.slice(2);
let total = add(checks, await runTests(args));
// Whoever asks for certain tests has asked for these too, or has not.
if (args.length === 0) total = add(total, await runRealTests());
process.exitCode = exitCode(total);
console.log(summaryLine(total));
