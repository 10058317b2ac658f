import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { SuiteResult } from './test-suite.ts';

/** In the order in which they run: what fails fast comes first. */
const SUITES = ['unit', 'integration', 'e2e'] as const;
/**
 * Run only when they are asked for: what takes its time (flows of a thousand Jobs, releases of the chart), crashes at
 * every write, and what needs root and a Debian machine (`npm run test:real`).
 */
const BY_HAND = ['long', 'chaos', 'real'] as const;
/** How long a suite's process may linger after its last test: more is a leak, and fails. */
const LINGER_LIMIT_MS = 20_000;

/**
 * How many tests passed, and what is to be said of each that failed; a suite that crashes counts as one that failed, and
 * one that this machine cannot run at all as one that was skipped.
 */
export type Tally = { passed: number; failures: readonly string[]; skipped: number };

/** The tally of a run before its first test. */
export const NOTHING_YET: Tally = { passed: 0, failures: [], skipped: 0 };

/** The sum of two tallies. */
export function add(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failures: [...a.failures, ...b.failures],
    skipped: a.skipped + b.skipped,
  };
}

/** The end of a run: what failed, once more and together, and as the last line the numbers. */
export function summary({ passed, failures, skipped }: Tally): string {
  const counts = `${passed} passed, ${failures.length} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
  const list = failures.map((failure) => `FAILED ${failure.replaceAll('\n', '\n  ')}`);
  return [...(list.length === 0 ? [] : ['', ...list, '']), counts].join('\n');
}

/** 0 only if tests ran and none failed. */
export function exitCode({ passed, failures }: Tally): number {
  return failures.length === 0 && passed > 0 ? 0 : 1;
}

/**
 * Runs the suites, each in a process of its own, with their output on this screen.
 *
 * @param args `--only SUITE` (may be repeated) and `--grep TEXT`
 * @throws Error for other arguments
 */
export async function runTests(args: readonly string[]): Promise<Tally> {
  const { values } = parseArgs({
    args: [...args],
    options: { only: { type: 'string', multiple: true }, grep: { type: 'string' } },
  });
  const chosen = values.only ?? SUITES;
  for (const name of chosen) {
    if (![...SUITES, ...BY_HAND].some((suite) => suite === name)) {
      throw new Error(
        `--only ${name}: no such suite. The suites are: ${[...SUITES, ...BY_HAND].join(', ')}.`,
      );
    }
  }
  let total = NOTHING_YET;
  const interrupted = new AbortController();
  const interrupt = () => {
    interrupted.abort();
  };
  process.once('SIGTERM', interrupt);
  for (const suite of chosen) {
    if (interrupted.signal.aborted) break;
    console.log(`\n# ${suite}`);
    total = add(total, await runSuite(suite, values.grep, interrupted.signal));
  }
  process.off('SIGTERM', interrupt);
  return total;
}

async function runSuite(suite: string, grep: string | undefined, interrupted: AbortSignal): Promise<Tally> {
  const script = fileURLToPath(new URL('./test-suite.ts', import.meta.url));
  const child = fork(script, [suite, ...(grep === undefined ? [] : [grep])], { execArgv: [] });
  const stop = () => child.kill('SIGTERM');
  interrupted.addEventListener('abort', stop, { once: true });
  const { result, ending, lingered } = await follow(child);
  interrupted.removeEventListener('abort', stop);
  if (result === undefined) return failure(`The suite ${suite} ended by ${ending} before its last test.`);
  const tests = { ...result, skipped: 0 };
  if (lingered) {
    return add(tests, failure(`The suite ${suite} did not end by itself: a test leaves something open.`));
  }
  // A failure outside of tests (a hook that throws after the last one) shows in the code alone.
  const crashed = ending !== 'code 0' && result.failures.length === 0;
  return crashed
    ? add(tests, failure(`The suite ${suite} ended by ${ending} though no test failed.`))
    : tests;
}

/** The tally of one thing that failed and is no test, after showing it where it happened. */
export function failure(sentence: string): Tally {
  console.log(sentence);
  return { ...NOTHING_YET, failures: [sentence] };
}

type Ending = { result: SuiteResult | undefined; ending: string; lingered: boolean };

function follow(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve) => {
    let result: SuiteResult | undefined;
    let lingered = false;
    let linger: NodeJS.Timeout | undefined;
    const finish = (ending: string) => {
      clearTimeout(linger);
      resolve({ result, ending, lingered });
    };
    child.once('message', (message: SuiteResult) => {
      result = message;
      linger = setTimeout(() => {
        lingered = true;
        child.kill('SIGKILL');
      }, LINGER_LIMIT_MS);
    });
    child.once('error', (error) => {
      finish(error.message);
    });
    child.once('exit', (code, signal) => {
      finish(signal ?? `code ${code ?? 'none'}`);
    });
  });
}
