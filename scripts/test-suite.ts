/*
 * One suite, in this process: `test-suite.ts SUITE [GREP]` runs test/SUITE/ with mocha and sends the result to the
 * process that forked it.
 */
import './end-with-parent.ts';
import Mocha from 'mocha';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './run-tool.ts';

/** What the parent is told after the last test; of each failure, the whole name of the test and what was thrown. */
export type SuiteResult = { passed: number; failures: string[] };

/** For a test that states none, in milliseconds: everything but unit tests talks to a cluster. */
const TIMEOUTS: Readonly<Record<string, number>> = {
  unit: 60_000,
  integration: 60_000,
  e2e: 120_000,
  long: 600_000,
  chaos: 600_000,
  real: 180_000,
};

const [suite = 'unit', grep] = process.argv.slice(2);
const mocha = new Mocha({
  reporter: 'spec',
  timeout: TIMEOUTS[suite] ?? 60_000,
  forbidOnly: process.env.CI !== undefined,
  ...(grep === undefined ? {} : { grep }),
});
const files: string[] = [];
for await (const file of glob(`test/${suite}/**/*.test.ts`, { cwd: ROOT })) files.push(join(ROOT, file));
for (const file of files.sort()) mocha.addFile(file);
await mocha.loadFilesAsync();
const failures: string[] = [];
const result = await new Promise<SuiteResult>((resolve) => {
  const runner = mocha.run(() => {
    resolve({ passed: runner.stats?.passes ?? 0, failures });
  });
  runner.on(Mocha.Runner.constants.EVENT_TEST_FAIL, (test: Mocha.Test, error: unknown) => {
    failures.push(`${suite}: ${test.fullTitle()}\n${error instanceof Error ? error.message : String(error)}`);
  });
});
process.exitCode = result.failures.length === 0 ? 0 : 1;
process.send?.(result);
