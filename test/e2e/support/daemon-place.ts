import type { JobFlowStatus, JobState } from '../../../src/api/flow-spec.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import { API_GROUP, API_VERSION } from '../../../src/api/names.ts';
import { resourcePath } from '../../../src/kube/flow-requests.ts';
import { DURATION_ANNOTATION, FAIL_ANNOTATION, readPath, waitUntil } from '../../support/cluster.ts';
import { LIMIT_MS } from './namespace-observer.ts';
import type { ObservedNamespace } from './observed-namespace.ts';

/** What a DaemonJob or JobFlow tells of itself. */
export type WholeSeen = { readonly uid: string; readonly status: JobFlowStatus };

/** How the pods of a manifest behave: how long they run (a Go duration), and whether they fail. */
export type PodLife = { readonly lasts?: string; readonly fails?: boolean; readonly pod?: JsonObject };

/** The spec of a Job, for a DaemonJob or an entry of a flow. */
export function jobSpec(
  { lasts, fails = false, pod = {} }: PodLife = {},
  fields: JsonObject = {},
): JsonObject {
  const annotations = {
    ...(lasts !== undefined && { [DURATION_ANNOTATION]: lasts }),
    ...(fails && { [FAIL_ANNOTATION]: 'true' }),
  };
  return {
    ...(fails && { backoffLimit: 0 }),
    template: {
      metadata: { annotations },
      spec: { containers: [{ name: 'main', image: 'busybox:1.36' }], ...pod },
    },
    ...fields,
  };
}

/** A DaemonJob as a user writes it. */
export function daemonJob(
  name: string,
  spec: JsonObject,
  annotations: Readonly<Record<string, string>> = {},
): JsonObject {
  const keyed = Object.fromEntries(
    Object.entries(annotations).map(([key, value]) => [`${API_GROUP}/${key}`, value]),
  );
  return {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: 'DaemonJob',
    metadata: { name, annotations: keyed },
    spec,
  };
}

/** A JobFlow as a user writes it. */
export function jobFlow(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: 'JobFlow', metadata: { name }, spec };
}

/** A DaemonJob or JobFlow as it is; undefined if there is none. */
export async function wholeOf(
  place: ObservedNamespace,
  kind: 'daemonjobs' | 'jobflows',
  name: string,
): Promise<WholeSeen | undefined> {
  const path = resourcePath(kind, { namespace: place.name, name });
  const { status, body } = await place.cluster.api.request('GET', path);
  if (status === 404) return undefined;
  const found = readPath(body, 'status');
  return {
    uid: String(readPath(body, 'metadata', 'uid')),
    status: typeof found === 'object' && found !== null ? found : {},
  };
}

/** Waits until a DaemonJob or JobFlow is as described. */
export async function untilWhole(
  place: ObservedNamespace,
  kind: 'daemonjobs' | 'jobflows',
  name: string,
  is: string,
  fits: (seen: WholeSeen) => boolean,
  limitMs = LIMIT_MS,
): Promise<WholeSeen> {
  return waitUntil(
    `${kind} ${name} of ${place.name} ${is}`,
    async () => {
      const seen = await wholeOf(place, kind, name);
      return seen !== undefined && fits(seen) && seen;
    },
    {
      limitMs,
      intervalMs: 100,
      explain: async () => JSON.stringify(await wholeOf(place, kind, name), undefined, 1),
    },
  );
}

/** Waits until a DaemonJob has ended, and returns its status. */
export async function daemonEnd(
  place: ObservedNamespace,
  name: string,
  limitMs = LIMIT_MS,
): Promise<JobFlowStatus> {
  const ended = ({ status }: WholeSeen): boolean => status.state === 'Succeed' || status.state === 'Failed';
  return (await untilWhole(place, 'daemonjobs', name, 'to end', ended, limitMs)).status;
}

/** Where the Job of each node stands, by the name of the Job. */
export function statesIn({ jobStatusList }: JobFlowStatus): Readonly<Record<string, JobState>> {
  return { ...jobStatusList };
}
