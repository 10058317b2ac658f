import { FLOW_LABEL, OWN_ANNOTATIONS } from '../../api/names.ts';
import { formatGatedRecord, parseGatedRecord } from '../../api/gated-record.ts';
import type { JobObject, JsonObject } from '../../api/job.ts';
import type { JobTemplate } from '../../api/resources.ts';
import { decideCreate, type Lookup } from '../admission/decide-create.ts';
import { mergeTemplate } from '../admission/merge-template.ts';
import type { AdmissionView } from '../admission/view.ts';
import { withFlowParameters } from './entry-daemon.ts';
import { entryManifest, isDaemonEntry, withSharedVolumes, type EntryJob } from './flow-entries.ts';
import type { FlowRecord } from './flow-record.ts';

/** The Job to create, or why it cannot be made. */
export type MadeJob =
  | { readonly ok: true; readonly job: JobObject }
  | { readonly ok: false; readonly reason: string; readonly message: string };

/**
 * Makes the Job of an entry, or its DaemonJob: as a user would write it, and then through the same admission decision
 * as any other annotated Job, which the webhook leaves to the controller for the Jobs that it creates.
 *
 * @param template what is found under the name of a JobTemplate
 */
export function makeEntryJob(
  flow: FlowRecord,
  entryJob: EntryJob,
  template: (name: string) => Lookup<JobTemplate>,
): MadeJob {
  const { entry } = entryJob;
  if (isDaemonEntry(entry)) return { ok: true, job: makeEntryDaemon(flow, entryJob) };
  const ref = entry.jobTemplateRef;
  const found = typeof ref === 'string' ? template(ref) : undefined;
  if (found !== undefined && found.kind !== 'found') {
    const problem = found.kind === 'unknown' ? 'does not exist' : 'has no usable spec.jobTemplate';
    const message = `entry "${entry.name}": JobTemplate "${ref ?? ''}" ${problem}; apply it, and the flow goes on`;
    return { ok: false, reason: 'TemplateMissing', message };
  }
  const manifest = entryManifest(flow, entryJob);
  const base: JsonObject =
    found === undefined ? (manifest.spec ?? {}) : mergeTemplate(found.resource.spec.jobTemplate, {});
  const verdict = decideCreate({
    job: { ...manifest, spec: withSharedVolumes(base, flow.spec, entry) },
    namespace: flow.namespace,
    manager: '',
    view: NOTHING_ELSE,
    template: found,
    flow: { kind: 'found', resource: flow },
  });
  if (verdict.kind === 'refuse') {
    const { code, message } = verdict.refusal;
    return { ok: false, reason: code, message: `entry "${entry.name}": ${message}` };
  }
  return { ok: true, job: withRecord(verdict.job ?? manifest, entryJob.source, mayHaveToWait(flow)) };
}

/** It waits at its gate like a Job; its own Jobs, one per node, are made once that has opened. */
function makeEntryDaemon(flow: FlowRecord, entryJob: EntryJob): JobObject {
  const manifest = entryManifest(flow, entryJob);
  const { metadata } = manifest;
  const spec = withSharedVolumes(manifest.spec ?? {}, flow.spec, entryJob.entry);
  const record = { gate: true, statedSuspend: false, manager: '', ignoredUids: [], injected: [] };
  const annotations = { ...metadata.annotations, [OWN_ANNOTATIONS.gated]: formatGatedRecord(record) };
  const daemon = {
    ...manifest,
    metadata: { ...metadata, annotations, labels: { [FLOW_LABEL]: flow.name } },
    spec: withFlowParameters(spec, flow.spec.globalParams ?? {}),
  };
  return withRecord(daemon, entryJob.source, false);
}

/** Cycles were refused when the flow was admitted; those that slipped past are found and told by the controller. */
const NOTHING_ELSE: AdmissionView = { findCycle: () => undefined, uidsInDeletion: () => [] };

/** A flow that is suspended, or runs only some Jobs at once, holds also those that depend on nothing. */
function mayHaveToWait({ spec }: FlowRecord): boolean {
  return spec.suspend === true || typeof spec.maxConcurrentJobs === 'number';
}

/**
 * Notes what the Job was made from, so that an edit of its entry is noticed while it waits.
 *
 * @param waits whether it has a gate even if it depends on nothing
 */
function withRecord(job: JobObject, source: string, waits: boolean): JobObject {
  const { annotations } = job.metadata;
  const record = parseGatedRecord(annotations?.[OWN_ANNOTATIONS.gated]);
  if (record === undefined) return job;
  // Nobody applies a file over this Job, so that what was injected need not be known.
  const noted = formatGatedRecord({ ...record, gate: record.gate || waits, injected: [], source });
  return {
    ...job,
    metadata: { ...job.metadata, annotations: { ...annotations, [OWN_ANNOTATIONS.gated]: noted } },
    ...(waits && { spec: { ...job.spec, suspend: true } }),
  };
}
