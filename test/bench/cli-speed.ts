import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../support/cluster/run-command.ts';
import { spreadOf, type Spread } from './statistics.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = join(ROOT, 'dist/src/cli/main.js');
const PARSER = fileURLToPath(new URL('parse-yaml.mjs', import.meta.url));

/** A command over a file of Jobs, against a process that only parses the same YAML. */
export interface CommandSpeed {
  readonly name: string;
  readonly jobs: number;
  readonly seconds: Spread;
  readonly parseSeconds: Spread;
  /** Each round's ratio taken within that round. */
  readonly ratio: Spread;
}

const COMMANDS = [
  { name: 'lint', jobs: 10_000, words: ['lint', '-f'], more: [] },
  { name: 'graph -o svg', jobs: 1_000, words: ['graph', '-f'], more: ['-o', 'svg'] },
] as const;

/** Measures commands that need no cluster, each as a process of its own, from its start to its end. */
export async function measureCli(rounds: number, progress: (line: string) => void): Promise<CommandSpeed[]> {
  await runCommand('npm run build', ['npm', 'run', 'build'], { cwd: ROOT });
  const folder = await mkdtemp(join(tmpdir(), 'jobflow-bench-'));
  try {
    const results: CommandSpeed[] = [];
    for (const { name, jobs, words, more } of COMMANDS) {
      const file = join(folder, `${jobs}.yaml`);
      await writeFile(file, jobsInSteps(jobs));
      const times: { command: number; parse: number }[] = [];
      // The first run finds nothing in the caches of the machine.
      for (let round = -1; round < rounds; round += 1) {
        const parse = await secondsOf([process.execPath, PARSER, file]);
        const command = await secondsOf([process.execPath, PROGRAM, ...words, file, ...more]);
        progress(`${name}, ${jobs} Jobs: ${command.toFixed(2)} s, parsing alone ${parse.toFixed(2)} s`);
        if (round >= 0) times.push({ command, parse });
      }
      results.push({
        name,
        jobs,
        seconds: spreadOf(times.map(({ command }) => command)),
        parseSeconds: spreadOf(times.map(({ parse }) => parse)),
        ratio: spreadOf(times.map(({ command, parse }) => command / parse)),
      });
    }
    return results;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function secondsOf(command: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  await runCommand(command.join(' '), command);
  return (performance.now() - startedMs) / 1_000;
}

/** Steps of ten Jobs, each of which waits for two of the step before. */
function jobsInSteps(count: number): string {
  const jobs = Array.from({ length: count }, (_, n) => {
    const upstreams = n < 10 ? [] : [n - 10, n - 10 - (n % 10) + ((n + 3) % 10)];
    const annotations =
      upstreams.length === 0
        ? ''
        : `
  annotations:
    api.practice.com/depends-on: ${upstreams.map((upstream) => `step-${upstream}`).join(', ')}`;
    return `apiVersion: batch/v1
kind: Job
metadata:
  name: step-${n}${annotations}
spec:
  backoffLimit: 2
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: main
          image: busybox:1.36
          command: [sh, -c, 'echo ${n}']
`;
  });
  return jobs.join('---\n');
}
