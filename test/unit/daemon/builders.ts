import type { JobFlowStatus } from '../../../src/api/flow-spec.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import type { DaemonJobObject } from '../../../src/core/daemon/daemon-record.ts';
import type { NodeObject, NodeRecord, Taint } from '../../../src/core/daemon/node-record.ts';
import { projectNode } from '../../../src/core/daemon/node-record.ts';
import { CREATED_MS } from '../../support/job-builder.ts';

/** A node as the API server sends it. */
export function nodeObject(
  name: string,
  { labels = {}, taints = [] }: { labels?: Record<string, string>; taints?: readonly Taint[] } = {},
): NodeObject {
  return { metadata: { name, uid: `${name}-uid`, resourceVersion: '1', labels }, spec: { taints } };
}

/** A node as it is remembered. */
export function node(name: string, fields: Parameters<typeof nodeObject>[1] = {}): NodeRecord {
  return projectNode(nodeObject(name, fields));
}

/** A JobSpec of one container, with what is added to it and to its pod. */
export function jobSpec(fields: JsonObject = {}, pod: JsonObject = {}): JsonObject {
  const containers = [{ name: 'main', image: 'busybox' }];
  return { ...fields, template: { spec: { containers, ...pod } } };
}

/** What a DaemonJob of a test may have. */
export interface DaemonFields {
  readonly spec?: JsonObject;
  readonly annotations?: Record<string, string>;
  readonly status?: JobFlowStatus;
  readonly generation?: number;
  readonly deletedMs?: number;
}

/** The DaemonJob `d` as the API server sends it. */
export function daemonObject(fields: DaemonFields = {}): DaemonJobObject {
  const { spec = jobSpec(), annotations = {}, status, generation = 1, deletedMs } = fields;
  return {
    metadata: {
      namespace: 'test',
      name: 'd',
      uid: 'd-uid',
      resourceVersion: '1',
      generation,
      creationTimestamp: new Date(CREATED_MS).toISOString(),
      ...(deletedMs !== undefined && { deletionTimestamp: new Date(deletedMs).toISOString() }),
      annotations,
    },
    spec,
    ...(status !== undefined && { status }),
  };
}
