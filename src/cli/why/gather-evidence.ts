import { setTimeout as pause } from 'node:timers/promises';
import type { JobObject } from '../../api/job.ts';
import { projectNode, type NodeObject } from '../../core/daemon/node-record.ts';
import { apiPath, type Connection } from '../../kube/connection.ts';
import { readNamespace, type NamespaceObjects } from '../cluster/read-objects.ts';
import { podsOf, type PodObject } from '../cluster/pods.ts';
import { installationFor } from '../installation/find-installations.ts';
import { mapReading, readObjects } from '../installation/reading.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import {
  keyOf,
  type EventObject,
  type Evidence,
  type Found,
  type Need,
  type WorkloadObject,
} from './evidence.ts';
import { explain } from './explain.ts';
import type { Explanation } from './explanation.ts';

/** An explanation, and what it rests on. */
export interface Gathered {
  readonly explanation: Explanation;
  readonly evidence: Evidence;
}

/** Somebody seems to be late: so long after it is looked again, in milliseconds, in case it was only a moment. */
const LOOK_AGAIN_MS = 1_500;
/** Versions of Kueue's API that hold Workloads, the newer first. */
const KUEUE_VERSIONS = ['v1beta2', 'v1beta1'] as const;

/** What a namespace holds, and the time at which it was read, by the API server's clock. */
export interface Look {
  readonly objects: NamespaceObjects;
  readonly nowMs: number;
}

/**
 * Reads the Jobs, JobFlows and DaemonJobs of a namespace.
 *
 * @throws ApiError
 */
export async function lookAtNamespace(connection: Connection, namespace: string): Promise<Look> {
  const objects = await readNamespace(connection, namespace);
  return { objects, nowMs: connection.serverTimeMs() };
}

/**
 * Explains a subject, and reads for it no more than the explanation asks for.
 *
 * @param first what has been read of the namespace
 * @throws ApiError for anything but missing rights
 */
export async function explainWithEvidence(
  connection: Connection,
  first: Look,
  subject: string,
): Promise<Gathered> {
  const gathered = await explainLook(connection, first, subject);
  if (!gathered.explanation.roots.some(({ cause }) => LATE.has(cause.kind))) return gathered;
  await pause(LOOK_AGAIN_MS);
  const again = await lookAtNamespace(connection, first.objects.namespace);
  return explainLook(connection, again, subject, installed(gathered.evidence));
}

/** What nobody has done that should have been done: what an object does not tell is since when it could have been. */
const LATE: ReadonlySet<string> = new Set(['notDecided', 'notObserved', 'noPods']);

/** What was seen of the installation holds for the second look too: to watch a Lease takes seconds. */
function installed({ read }: Evidence): Evidence['read'] {
  return new Map([...read].filter(([, { kind }]) => kind === 'installation'));
}

async function explainLook(
  connection: Connection,
  { objects, nowMs }: Look,
  subject: string,
  known: Evidence['read'] = new Map(),
): Promise<Gathered> {
  const read = new Map(known);
  const evidence: Evidence = {
    view: viewNamespace(objects, nowMs),
    jobs: new Map(objects.jobs.map((job) => [job.metadata.name ?? '', job])),
    daemons: new Map(objects.daemons.map((daemon) => [daemon.metadata.name ?? '', daemon])),
    unread: objects.unread,
    nowMs,
    read,
  };
  for (;;) {
    const explanation = explain(evidence, subject);
    if (explanation.needs.length === 0) return { explanation, evidence };
    const found = await Promise.all(
      explanation.needs.map(
        async (need) => [keyOf(need), await readNeed(connection, evidence, need)] as const,
      ),
    );
    // Every need is read, if only to find that it may not be: it comes to an end.
    for (const [key, what] of found) read.set(key, what);
  }
}

async function readNeed(connection: Connection, { view, jobs }: Evidence, need: Need): Promise<Found> {
  const { namespace } = view;
  switch (need.kind) {
    case 'pods': {
      const read = await readObjects(connection, {
        ...podsOf({ namespace, job: need.job }),
        what: `pods in namespace "${namespace}"`,
      });
      return { kind: 'pods', pods: mapReading(read, (all) => all as PodObject[]) };
    }
    case 'events': {
      const read = await readObjects(connection, {
        path: apiPath`/api/v1/namespaces/${namespace}/events`,
        what: `events in namespace "${namespace}"`,
        query: { fieldSelector: `involvedObject.kind=${need.of},involvedObject.name=${need.name}` },
      });
      return { kind: 'events', events: mapReading(read, (all) => all as EventObject[]) };
    }
    case 'installation':
      return { kind: 'installation', installation: await installationFor(connection, namespace) };
    case 'nodes': {
      const read = await readObjects(connection, { path: '/api/v1/nodes', what: 'nodes' });
      return {
        kind: 'nodes',
        nodes: mapReading(read, (all) => all.map((node) => projectNode(node as NodeObject))),
      };
    }
    case 'workload':
      return readWorkload(connection, namespace, jobs.get(need.job));
  }
}

/** Kueue labels a Workload with the UID of its Job (https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/). */
async function readWorkload(
  connection: Connection,
  namespace: string,
  job: JobObject | undefined,
): Promise<Found> {
  const uid = job?.metadata.uid ?? '';
  for (const version of KUEUE_VERSIONS) {
    const read = await readObjects(connection, {
      path: `/apis/kueue.x-k8s.io/${version}${apiPath`/namespaces/${namespace}/workloads`}`,
      what: `workloads in namespace "${namespace}"`,
      query: { labelSelector: `kueue.x-k8s.io/job-uid=${uid}` },
    });
    if (read.kind === 'absent') continue;
    const workload = mapReading(read, (all) => all[0] as WorkloadObject | undefined);
    return { kind: 'workload', workload };
  }
  return { kind: 'workload', workload: { kind: 'absent' } };
}
