import type { JobObject } from '../../../src/api/job.ts';
import type { JobFlowStatus } from '../../../src/api/flow-spec.ts';
import { API_GROUP, API_VERSION, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { outcomeNoted } from '../../../src/core/flow/job-states.ts';
import { decideGate } from '../../../src/core/gate.ts';
import type { JobRecord } from '../../../src/core/job-record.ts';
import { isWaiting, projectJob } from '../../../src/core/job-projection.ts';
import { FAIL_ANNOTATION, readPath, waitUntil } from '../../support/cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import { describeJob, LIMIT_MS } from './namespace-observer.ts';

/** What a JobFlow or DaemonJob says of itself. */
type FlowObject = {
  readonly metadata: JobObject['metadata'];
  readonly spec?: { readonly maxConcurrentJobs?: number; readonly maxConcurrentNodes?: number };
  readonly status?: JobFlowStatus;
};

/** What re-applying a file must leave as it is, of every Job of a namespace, by its name. */
export type StillLife = Readonly<Record<string, object>>;

/** The Jobs of a namespace. */
export async function listJobs(cluster: Cluster, namespace: string): Promise<JobObject[]> {
  const items = readPath(
    await cluster.api.demand('GET', `/apis/batch/v1/namespaces/${namespace}/jobs`),
    'items',
  );
  return Array.isArray(items) ? (items as JobObject[]) : [];
}

/** The JobFlows and DaemonJobs of a namespace. */
async function listFlows(cluster: Cluster, namespace: string): Promise<FlowObject[]> {
  const answers = await Promise.all(
    ['jobflows', 'daemonjobs'].map((plural) =>
      cluster.api.demand('GET', `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${plural}`),
    ),
  );
  return answers.flatMap((answer) => readPath(answer, 'items') as FlowObject[]);
}

/** Takes down all that must not change when a file is applied again. */
export async function stillLife(cluster: Cluster, namespace: string): Promise<StillLife> {
  const [jobs, pods] = await Promise.all([listJobs(cluster, namespace), listPods(cluster, namespace)]);
  return Object.fromEntries(
    jobs.map(({ metadata, spec }) => [
      metadata.name ?? '',
      {
        uid: metadata.uid,
        generation: metadata.generation,
        labels: Object.fromEntries(
          Object.entries(metadata.labels ?? {}).filter(([key]) => !isServerLabel(key)),
        ),
        own: Object.values(OWN_ANNOTATIONS).map((key) => metadata.annotations?.[key]),
        spec,
        pods: pods.filter((pod) => jobOf(pod) === metadata.name).map((pod) => pod.metadata.uid),
      },
    ]),
  );
}

/**
 * Tells two states of a namespace apart.
 *
 * @returns every field that differs, in a line each
 */
export function changesIn(before: StillLife, after: StillLife): string[] {
  const is = new Map(leavesOf(after));
  const was = new Map(leavesOf(before));
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => was.get(path) !== is.get(path))
    .map((path) => `${path} from ${was.get(path) ?? 'nothing'} to ${is.get(path) ?? 'nothing'}`);
}

function leavesOf(value: unknown, path = ''): [string, string][] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, inner]: [string, unknown]) => leavesOf(inner, `${path}/${key}`))
    : [[path, JSON.stringify(value)]];
}

/**
 * Waits until nothing more happens in a namespace by itself: every flow has made its Jobs, and every Job has ended, has
 * running pods, or waits for one that has not ended, or for its approval.
 *
 * @returns the Jobs
 */
export async function untilStill(cluster: Cluster, namespace: string): Promise<JobObject[]> {
  let restless: string[] = [];
  return waitUntil(
    `all Jobs of ${namespace} to run, wait or have ended`,
    async () => {
      // Flows first: what they have made by then is among the Jobs that are listed afterwards.
      const flows = await listFlows(cluster, namespace);
      const [jobs, pods] = await Promise.all([listJobs(cluster, namespace), listPods(cluster, namespace)]);
      const full = new Set(flows.filter((flow) => isFull(flow, jobs)).map(({ metadata }) => metadata.uid));
      restless = [...flows.flatMap((flow) => movesOfFlow(flow, jobs)), ...movesOfJobs(jobs, pods, full)];
      return restless.length === 0 && jobs;
    },
    { limitMs: STILL_LIMIT_MS, intervalMs: 100, explain: () => restless.join('\n') },
  );
}

/** What a JobFlow or DaemonJob is still going to do. */
function movesOfFlow(flow: FlowObject, jobs: readonly JobObject[]): string[] {
  const { metadata, spec, status = {} } = flow;
  const name = metadata.name ?? '';
  if (status.observedGeneration !== metadata.generation) return [`${name}: not seen yet`];
  // A DaemonJob makes a node's Job when there is a place for it, a JobFlow all of them at once.
  if (spec?.maxConcurrentNodes !== undefined && isFull(flow, jobs)) return [];
  const made = new Set(jobs.map((job) => job.metadata.name));
  return Object.entries(status.jobStatusList ?? {})
    .filter(([job, state]) => outcomeNoted(state) === undefined && !made.has(job))
    .map(([job]) => `${name}: ${job} is not made yet`);
}

/** Whether as many of its Jobs run as may run at once. */
function isFull({ metadata, spec }: FlowObject, jobs: readonly JobObject[]): boolean {
  const limit = spec?.maxConcurrentJobs ?? spec?.maxConcurrentNodes ?? Infinity;
  const running = jobs
    .map(projectJob)
    .filter(({ owner, suspended, outcome }) => owner?.uid === metadata.uid && !suspended && !outcome);
  return running.length >= limit;
}

/**
 * What Jobs are still going to do, a line each.
 *
 * @param full the UIDs of what may start no more of its Jobs now
 */
function movesOfJobs(
  jobs: readonly JobObject[],
  pods: readonly JobObject[],
  full: ReadonlySet<string | undefined>,
): string[] {
  const running = pods.filter(isRunning).map(jobOf);
  const projected = jobs.map((job) => ({ job, record: projectJob(job) }));
  const records = new Map(projected.map(({ record }) => [record.name, record]));
  return projected.flatMap(({ job, record }) => {
    // Until the controller has given the field up, a file that states it conflicts with it.
    if (record.terms?.ownsSuspend === true) return [`${describeJob(job)}: suspend not given up`];
    if (record.outcome !== undefined) return [];
    if (isWaiting(record)) {
      const decision = decide(record, records);
      if (decision === 'release' && full.has(record.owner?.uid)) return [];
      return decision === 'wait' ? [] : [`${describeJob(job)}: ${decision ?? 'undecided'}`];
    }
    if (isRunningInFull(job, countOf(running, record.name))) return [];
    const own = pods.filter((pod) => jobOf(pod) === record.name).map(describePod);
    return [`${describeJob(job)}: ${JSON.stringify(job.status)} ${own.join(', ')}`];
  });
}

/** Many namespaces live through their stages at once, on fake nodes that share the machine with all the rest. */
const STILL_LIMIT_MS = 3 * LIMIT_MS;

function describePod({ metadata, spec, status }: JobObject): string {
  const phase = String(readPath(status, 'phase'));
  return `pod ${metadata.name ?? ''}: ${phase} on ${String(readPath(spec, 'nodeName'))}`;
}

/** Ends all running pods, each as its annotation says. */
export async function endPods(cluster: Cluster, namespace: string): Promise<void> {
  const running = (await listPods(cluster, namespace)).filter(isRunning);
  await Promise.all(
    running.map(({ metadata }) =>
      cluster.api.demand('PATCH', `/api/v1/namespaces/${namespace}/pods/${metadata.name ?? ''}/status`, {
        status: { phase: metadata.annotations?.[FAIL_ANNOTATION] === 'true' ? 'Failed' : 'Succeeded' },
      }),
    ),
  );
  await untilGoneFrom(cluster, namespace, running);
}

/** Approves every Job that is held. */
export async function approveAll(cluster: Cluster, namespace: string): Promise<void> {
  const held = (await listJobs(cluster, namespace)).filter((job) => projectJob(job).terms?.held);
  await Promise.all(
    held.map(({ metadata }) =>
      cluster.api.demand('PATCH', `/apis/batch/v1/namespaces/${namespace}/jobs/${metadata.name ?? ''}`, {
        metadata: { annotations: { [USER_ANNOTATIONS.approved]: 'by the test' } },
      }),
    ),
  );
}

/** The Job controller takes its finalizer off a pod once it has counted it. */
async function untilGoneFrom(
  cluster: Cluster,
  namespace: string,
  ended: readonly JobObject[],
): Promise<void> {
  const uids = new Set(ended.map((pod) => pod.metadata.uid));
  await waitUntil(
    `the Job controller to count the pods of ${namespace}`,
    async () =>
      (await listPods(cluster, namespace)).every(
        ({ metadata }) => !uids.has(metadata.uid) || (metadata.finalizers ?? []).length === 0,
      ),
    { limitMs: LIMIT_MS, intervalMs: 100 },
  );
}

/** Pods have the metadata of Jobs; nothing else of them is read by its type. */
async function listPods(cluster: Cluster, namespace: string): Promise<JobObject[]> {
  const items = readPath(await cluster.api.demand('GET', `/api/v1/namespaces/${namespace}/pods`), 'items');
  return Array.isArray(items) ? (items as JobObject[]) : [];
}

/** A Job without labels takes those of its pod template, the API server's own among them, at any edit. */
function isServerLabel(key: string): boolean {
  return key.startsWith('batch.kubernetes.io/') || key === 'controller-uid' || key === 'job-name';
}

function isRunning(pod: JobObject): boolean {
  return readPath(pod, 'status', 'phase') === 'Running';
}

function jobOf(pod: JobObject): string | undefined {
  return pod.metadata.labels?.['batch.kubernetes.io/job-name'];
}

function decide(job: JobRecord, jobs: ReadonlyMap<string, JobRecord>): string | undefined {
  const { terms } = job;
  if (terms === undefined) return undefined;
  const upstream = (name: string): JobRecord | undefined => jobs.get(name);
  return decideGate({
    job,
    terms,
    upstream,
    outcomes: terms.outcomes,
    cycle: undefined,
    nowMs: job.createdMs,
  }).kind;
}

function countOf(names: readonly (string | undefined)[], name: string): number {
  return names.filter((one) => one === name).length;
}

/** The Job controller writes the counts up to a second after the pods; until then a replace may meet its write. */
function isRunningInFull({ spec, status }: JobObject, runningPods: number): boolean {
  return [runningPods, status?.active, readPath(status, 'ready')].every(
    (count) => count === spec?.parallelism,
  );
}
