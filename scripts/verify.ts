/*
 * `npm run verify`, which is what CI runs: types, lint, format, tests. Every part runs, also after another one
 * failed; a failed check counts in the last line as a failed test does.
 */
import './end-with-parent.ts';
import { runTool } from './run-tool.ts';
import { add, exitCode, runTests, summaryLine } from './test-run.ts';
import type { Tally } from './test-run.ts';

const CHECKS: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: 'types', command: 'tsc', args: ['-p', 'tsconfig.json'] },
  { name: 'lint', command: 'eslint', args: ['.'] },
  { name: 'format', command: 'prettier', args: ['--check', '--log-level=warn', '.'] },
];

let checks: Tally = { passed: 0, failed: 0 };
for (const { name, command, args } of CHECKS) {
  const passed = (await runTool(command, args)) === 0;
  console.log(`${passed ? 'ok' : 'FAILED'}: ${name}`);
  checks = add(checks, passed ? { passed: 0, failed: 0 } : { passed: 0, failed: 1 });
}
const tests = await runTests(process.argv.slice(2));
const total = add(checks, tests);
process.exitCode = exitCode(total);
console.log(summaryLine(total));
