import { formatReference, parseReference } from '../../api/dependency-reference.ts';
import { parseDependencies, formatDependencies, type DependencyEdge } from '../../api/dependency-list.ts';
import type { FlowEntry, JobFlowSpec } from '../../api/flow-spec.ts';
import type { JobObject, Json, JsonObject } from '../../api/job.ts';
import { API_GROUP, API_VERSION, USER_ANNOTATIONS } from '../../api/names.ts';
import { isObject } from '../admission/json-tree.ts';
import { contentDigest } from '../content-digest.ts';
import type { FlowRecord } from './flow-record.ts';
import { joinedName } from './joined-name.ts';

/** The Job that an entry of a flow stands for, or the DaemonJob. */
export interface EntryJob {
  readonly entry: FlowEntry;
  /** As edges name it: the name of the Job, or `daemonjob/NAME`. */
  readonly jobName: string;
  /** The edges of the Job: entries have become Jobs. */
  readonly edges: readonly DependencyEdge[];
  /** Changes whenever the entry would give another Job. */
  readonly source: string;
}

/** The Jobs and DaemonJobs that a flow stands for, in the order of its entries. */
export function entryJobs(flow: Pick<FlowRecord, 'name' | 'spec'>): EntryJob[] {
  const entries = flow.spec.flows ?? [];
  const daemons = daemonNames(entries);
  return entries.map((entry) => ({
    entry,
    jobName: entryReference(flow.name, entry.name, isDaemonEntry(entry)),
    edges: entryEdges(flow, entry, daemons),
    source: sourceOf(flow.spec, entry),
  }));
}

/** Whether an entry is a DaemonJob: a Job per node. */
export function isDaemonEntry({ daemonJob }: FlowEntry): boolean {
  return daemonJob !== undefined && daemonJob !== null;
}

/**
 * The edges of an entry. A plain name is an entry of the same flow: the edge leads to its Job, or to its DaemonJob.
 *
 * @returns the edges that can be read; admission has refused the others
 */
export function entryEdges(
  { name, spec }: Pick<FlowRecord, 'name' | 'spec'>,
  entry: FlowEntry,
  daemons: ReadonlySet<string> = daemonNames(spec.flows ?? []),
): DependencyEdge[] {
  const dependencies = entry.dependencies ?? [];
  if (dependencies.length === 0) return [];
  const parsed = parseDependencies(dependencies.join('\n'), 'dependencies');
  if (!parsed.ok) return [];
  return parsed.edges.map((edge) => {
    const reference = parseReference(edge.name);
    if (reference?.kind !== 'job') return edge;
    return { ...edge, name: entryReference(name, reference.name, daemons.has(reference.name)) };
  });
}

/**
 * The Job or DaemonJob of an entry as a user would write it: what it waits for, its flow and its template are
 * annotations, and the same admission decision applies to it as to any other annotated Job.
 */
export function entryManifest(flow: FlowRecord, { entry, jobName, edges }: EntryJob): JobObject {
  const annotations: Record<string, string> = {
    [USER_ANNOTATIONS.flow]: flow.name,
    ...(edges.length > 0 && { [USER_ANNOTATIONS.dependsOn]: formatDependencies(edges) }),
    ...(flow.run !== undefined && { [USER_ANNOTATIONS.run]: flow.run }),
    ...(isText(entry.jobTemplateRef) && { [USER_ANNOTATIONS.template]: entry.jobTemplateRef }),
    ...(isText(entry.onUnmetDependency) && { [USER_ANNOTATIONS.onUnmetDependency]: entry.onUnmetDependency }),
    ...(isText(entry.waitTimeout) && { [USER_ANNOTATIONS.waitTimeout]: entry.waitTimeout }),
    ...(entry.hold === true && { [USER_ANNOTATIONS.hold]: 'true' }),
  };
  const metadata = {
    name: parseReference(jobName)?.name ?? jobName,
    namespace: flow.namespace,
    annotations,
    ownerReferences: [ownerReference('JobFlow', flow)],
  };
  return isDaemonEntry(entry)
    ? { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: 'DaemonJob', metadata, spec: entry.daemonJob ?? {} }
    : { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: entry.jobTemplate ?? {} };
}

/** The owner reference that makes an object of ours the controller of what it makes. */
export function ownerReference(
  kind: 'JobFlow' | 'DaemonJob',
  { name, uid }: Pick<FlowRecord, 'name' | 'uid'>,
): NonNullable<JobObject['metadata']['ownerReferences']>[number] & { blockOwnerDeletion: boolean } {
  return {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/**
 * Adds the flow's shared volumes to a Job whose entry mounts them: each named volume, and every mount in every
 * container. What the Job states itself wins.
 *
 * @param spec the Job's spec, its template merged
 */
export function withSharedVolumes(spec: JsonObject, flow: JobFlowSpec, entry: FlowEntry): JsonObject {
  const mounts = entry.shareVolumeMounts ?? [];
  if (mounts.length === 0) return spec;
  const template = objectAt(spec, 'template');
  const pod = objectAt(template, 'spec');
  const named = new Set(mounts.map(({ name }) => name));
  const volumes = (flow.shareVolumes ?? []).filter(({ name }) => named.has(name ?? null));
  const withMounts = (containers: Json | undefined): Json[] =>
    listOf(containers).map((container) =>
      isObject(container)
        ? { ...container, volumeMounts: added(container.volumeMounts, mounts, 'mountPath') }
        : container,
    );
  return {
    ...spec,
    template: {
      ...template,
      spec: {
        ...pod,
        volumes: added(pod.volumes, volumes, 'name'),
        containers: withMounts(pod.containers),
        ...(pod.initContainers !== undefined && { initContainers: withMounts(pod.initContainers) }),
      },
    },
  };
}

function entryReference(flowName: string, entryName: string, isDaemon: boolean): string {
  return formatReference({ kind: isDaemon ? 'daemonjob' : 'job', name: joinedName(flowName, entryName) });
}

function daemonNames(entries: readonly FlowEntry[]): ReadonlySet<string> {
  return new Set(entries.filter(isDaemonEntry).map(({ name }) => name));
}

/** What a waiting Job follows when it is edited: its entry, and what the flow gives to all. */
function sourceOf({ globalParams, shareVolumes }: JobFlowSpec, entry: FlowEntry): string {
  return contentDigest([entry, globalParams, shareVolumes]);
}

function added(own: Json | undefined, shared: readonly JsonObject[], key: string): Json[] {
  const stated = listOf(own);
  const taken = new Set(stated.map((item) => (isObject(item) ? item[key] : undefined)));
  return [...stated, ...shared.filter((item) => !taken.has(item[key]))];
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const field = value[key];
  return isObject(field) ? field : {};
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function isText(value: string | null | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
