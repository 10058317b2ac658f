/*
 * `npm run demo [-- --context NAME]`: the main job of jobflow on a real control plane, before your eyes.
 */
import '../../../scripts/end-with-parent.ts';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { JobObject } from '../../../src/api/job.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import { followJob, rowsOf, type FollowedJob } from './job-rows.ts';
import { LiveTable } from './live-table.ts';
import {
  EXPECTED_OUTCOMES,
  proof,
  proveNoPods,
  proveOrder,
  proveOutcomes,
  proveParameters,
  proveTemplate,
  type DemoPod,
  type Proof,
} from './proofs.ts';
import { existingTarget, localTarget, type DemoTarget } from './target.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));
const ETL = `${EXAMPLES}nightly-etl.yaml`;
const CYCLE = `${EXAMPLES}cycle.yaml`;
const FLOW = `${EXAMPLES}jobflow.yaml`;
const DAEMON = `${EXAMPLES}daemonjob.yaml`;

/** How kubectl prints the states of several objects: `Succeed Succeed `. */
const STATES = 'jsonpath={range .items[*]}{.status.state} {end}';

/** The table is drawn so often, in milliseconds. */
const REFRESH_MS = 200;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const startedMs = Date.now();
  let context: string | undefined;
  try {
    context = parseArgs({ args: [...args], options: { context: { type: 'string' } } }).values.context;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\nUsage: npm run demo [-- --context NAME]\n`);
    return 2;
  }
  let target: DemoTarget | undefined;
  const endOn = (signal: NodeJS.Signals): void => {
    say(`\n${signal}: stopping`);
    void (target?.end() ?? Promise.resolve()).finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', endOn).once('SIGTERM', endOn);
  try {
    target = context === undefined ? await localTarget(say) : await existingTarget(context, say);
    say(`Ready after ${((Date.now() - startedMs) / 1_000).toFixed(0)} s\n`);
    const proofs = await run(target);
    return summarize(proofs);
  } catch (error) {
    process.stderr.write(`The demo failed: ${messageOf(error)}\n`);
    return 1;
  } finally {
    await target?.end();
  }
}

async function run(target: DemoTarget): Promise<Proof[]> {
  say('$ kubectl apply -f examples/nightly-etl.yaml');
  const applied = await target.kubectl('apply', '-f', ETL);
  say(`${applied.stdout}${applied.stderr}`);
  const jobs = await followToTheEnd(target);
  const pods = await listPods(target);
  say('\nThe same file once more: nothing changes, nothing starts again.\n');
  say('$ kubectl apply -f examples/nightly-etl.yaml');
  const again = await target.kubectl('apply', '-f', ETL);
  say(`${again.stdout}${again.stderr}`);
  const changed = changedVersions(jobs, await listJobs(target));
  const wholes = await runWholes(target);
  say('Jobs that wait for each other in a circle are refused.\n');
  say('$ kubectl apply -f examples/cycle.yaml');
  const cycle = await target.kubectl('apply', '-f', CYCLE);
  say(`${cycle.stdout}${cycle.stderr}`);
  const refused = cycle.code !== 0 && cycle.stderr.includes('cycle-3 → cycle-1 → cycle-2 → cycle-3');
  return [
    proveOutcomes(jobs),
    proveOrder(jobs, pods),
    proveNoPods(pods),
    proveParameters(pods),
    proveTemplate(pods),
    proof('applying the same file again changed nothing', [
      ...changed,
      ...(again.code === 0 ? [] : [again.stderr]),
    ]),
    ...wholes,
    proof('a cycle was refused, with its path', refused ? [] : [cycle.stderr || 'it was accepted']),
  ];
}

/** Runs a whole flow in one object, and a Job on every node. */
async function runWholes(target: DemoTarget): Promise<Proof[]> {
  say('A whole flow in one object, and a Job on every node.\n');
  const limit = `--timeout=${Math.round(target.limitMs / 1_000)}s`;
  for (const [name, file] of [
    ['jobflow.yaml', FLOW],
    ['daemonjob.yaml', DAEMON],
  ] as const) {
    say(`$ kubectl apply -f examples/${name}`);
    const { stdout, stderr } = await target.kubectl('apply', '-f', file);
    say(`${stdout}${stderr}`);
  }
  await target.kubectl('wait', '--for=condition=Complete', limit, 'jobflow/build', 'daemonjob/prepare-nodes');
  say('$ kubectl get jobflows,daemonjobs');
  const { stdout } = await target.kubectl('get', 'jobflows,daemonjobs');
  say(stdout);
  const wholes = await target.kubectl('get', 'jobflow/build', 'daemonjob/prepare-nodes', '-o', STATES);
  return [
    proof(
      'a JobFlow and a DaemonJob ended with Succeed',
      wholes.stdout === 'Succeed Succeed ' ? [] : [`${wholes.stdout}${wholes.stderr}`],
    ),
  ];
}

/** Follows the Jobs of the example until all have ended, or the time is up. */
async function followToTheEnd({
  connection,
  namespace,
  limitMs,
}: DemoTarget): Promise<Map<string, FollowedJob>> {
  const appliedMs = Date.now();
  const order = Object.keys(EXPECTED_OUTCOMES);
  const quiet = (): void => undefined;
  const reflector = new Reflector<FollowedJob>({
    connection,
    path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
    project: (object) => followJob(object as JobObject),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const table = new LiveTable(process.stdout);
  const byName = (): Map<string, FollowedJob> =>
    new Map(reflector.store.values().map((job) => [job.name, job]));
  const ended = Promise.withResolvers<undefined>();
  const show = (): void => {
    const nowMs = Date.now();
    table.show(rowsOf(byName(), order, appliedMs, nowMs), nowMs - appliedMs);
    const all = order.every((name) => byName().get(name)?.record.outcome !== undefined);
    if (all || nowMs - appliedMs > limitMs) ended.resolve(undefined);
  };
  const timer = setInterval(show, REFRESH_MS);
  reflector.subscribe(show);
  reflector.start();
  await ended.promise;
  clearInterval(timer);
  await reflector.stop();
  if (!process.stdout.isTTY) say('');
  table.end(rowsOf(byName(), order, appliedMs, Date.now()));
  return byName();
}

async function listPods({ connection, namespace }: DemoTarget): Promise<DemoPod[]> {
  const list = await connection.request({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods` });
  return (list as { items: DemoPod[] }).items;
}

async function listJobs({ connection, namespace }: DemoTarget): Promise<JobObject[]> {
  const list = await connection.request({
    method: 'GET',
    path: `/apis/batch/v1/namespaces/${namespace}/jobs`,
  });
  return (list as { items: JobObject[] }).items;
}

/** kubectl says "configured" of a Job that states part of a list; whether anything changed, the version tells. */
function changedVersions(before: ReadonlyMap<string, FollowedJob>, now: readonly JobObject[]): string[] {
  return now
    .map(({ metadata }) => metadata)
    .filter(({ name = '', resourceVersion }) => before.get(name)?.resourceVersion !== resourceVersion)
    .map(({ name = '' }) => `${name} has changed`);
}

function summarize(proofs: readonly Proof[]): number {
  say('What was proved:');
  for (const { what, problem } of proofs) say(problem === undefined ? `✔ ${what}` : `✘ ${what}: ${problem}`);
  return proofs.every(({ problem }) => problem === undefined) ? 0 : 1;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
