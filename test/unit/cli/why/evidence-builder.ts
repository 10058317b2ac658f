import type { NamespaceObjects } from '../../../../src/cli/cluster/read-objects.ts';
import type { PodObject } from '../../../../src/cli/cluster/pods.ts';
import type { Installation } from '../../../../src/cli/installation/installation.ts';
import { viewNamespace } from '../../../../src/cli/view/namespace-view.ts';
import { answerOf } from '../../../../src/cli/why/answer.ts';
import { explain } from '../../../../src/cli/why/explain.ts';
import type { EventObject, Evidence, Found } from '../../../../src/cli/why/evidence.ts';
import type { Explanation } from '../../../../src/cli/why/explanation.ts';
import { CREATED_MS, type JobBuilder } from '../../../support/job-builder.ts';

/** A minute after everything was created: nothing has only just begun. */
export const NOW_MS = CREATED_MS + 60_000;

/** What is known in a test. */
export interface Known extends Partial<Omit<NamespaceObjects, 'jobs'>> {
  readonly found?: Readonly<Record<string, Found>>;
  readonly nowMs?: number;
}

/** Evidence of some Jobs, and what else is stated. */
export function evidenceOf(jobs: readonly JobBuilder[], known: Known = {}): Evidence {
  const { found = {}, nowMs = NOW_MS, ...rest } = known;
  const objects = {
    namespace: 'test',
    flows: [],
    daemons: [],
    unread: [],
    ...rest,
    jobs: jobs.map((each) => each.object()),
  };
  return {
    view: viewNamespace(objects, nowMs),
    jobs: new Map(objects.jobs.map((job) => [job.metadata.name ?? '', job])),
    daemons: new Map(objects.daemons.map((daemon) => [daemon.metadata.name ?? '', daemon])),
    unread: objects.unread,
    nowMs,
    read: new Map(Object.entries(found)),
  };
}

/** Explains a subject, with its answer. */
export function explained(
  subject: string,
  jobs: readonly JobBuilder[],
  known: Known = {},
): Explanation & { readonly answer: string } {
  const evidence = evidenceOf(jobs, known);
  const explanation = explain(evidence, subject);
  return { ...explanation, answer: answerOf(explanation, evidence.nowMs) };
}

/** The causes of the roots, with the objects that they are of. */
export function causesOf({ roots }: Explanation): string[] {
  return roots.map(({ name, cause }) => `${name}: ${cause.kind}`);
}

/** Pods that were read. */
export function pods(...read: readonly PodObject[]): Found {
  return { kind: 'pods', pods: { kind: 'read', value: read } };
}

/** Events that were read. */
export function events(...read: readonly Partial<EventObject>[]): Found {
  return { kind: 'events', events: { kind: 'read', value: read.map((one) => ({ metadata: {}, ...one })) } };
}

/** Something that may not be read. */
export const FORBIDDEN = { kind: 'forbidden', what: 'list them' } as const;

/** An installation of which nothing is there but what is stated. */
export function installation(stated: Partial<Installation> = {}): Found {
  const absent = { kind: 'absent' } as const;
  return {
    kind: 'installation',
    installation: {
      namespace: 'jobflow-system',
      controller: absent,
      webhook: absent,
      leaseName: 'jobflow-controller',
      lease: leaseHeldBy('one'),
      configuration: absent,
      endpoints: absent,
      follows: undefined,
      ...stated,
    },
  };
}

/** A Lease that somebody renews. */
export function leaseHeldBy(holderIdentity: string, isRenewed = true): Installation['lease'] {
  const record = {
    resourceVersion: '7',
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime: undefined,
    renewTime: undefined,
    leaseTransitions: 0,
  };
  return { kind: 'read', value: { record, ageMs: 90_000, isRenewed } };
}

/** A pod of a Job as the API server sends it: that of the builder's first Job of that name. */
export function podOf(
  job: string,
  rest: Omit<PodObject, 'metadata'> & { deletedMs?: number } = {},
): PodObject {
  const { deletedMs, ...stated } = rest;
  return {
    metadata: {
      name: `${job}-x7k2p`,
      creationTimestamp: new Date(CREATED_MS).toISOString(),
      ...(deletedMs !== undefined && { deletionTimestamp: new Date(deletedMs).toISOString() }),
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: job, uid: `${job}-1`, controller: true },
      ],
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'busybox:1.36' }] },
    ...stated,
  };
}
