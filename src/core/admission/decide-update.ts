import {
  isAnnotated,
  parseAnnotations,
  type Annotations,
  type UserAnnotations,
} from '../../api/annotations.ts';
import { parseGatedRecord, type GatedRecord } from '../../api/gated-record.ts';
import type { Refusal } from '../../api/errors.ts';
import type { JobObject } from '../../api/job.ts';
import { OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';
import { NO_OUTCOMES } from '../../api/outcomes-record.ts';
import { isWaiting, leftAloneReason, projectJob } from '../job-projection.ts';
import type { JobRecord } from '../job-record.ts';
import { refuseNoCompletions } from './decide-create.ts';
import { refuseCycle, refuseSelfEdge } from './edge-checks.ts';
import { withTrueOwnership } from './field-ownership.ts';
import { isFileSentAgain, isReplacement } from './file-writers.ts';
import { sameJson, withField } from './json-tree.ts';
import { refuseLargeAnnotations } from './own-annotation-size.ts';
import { refuseOwnFieldEdits, withOwnFields } from './own-fields.ts';
import { restoreInjected } from './restore-injected.ts';
import { decideSuspend } from './suspend-edit.ts';
import { admitAsIs, refuse, refuseAll, type Verdict } from './verdict.ts';
import type { AdmissionView, Candidate } from './view.ts';
import {
  warnOfEarlyStart,
  warnOfIdleAnnotations,
  warnOfLateEdit,
  warnOfLateGate,
  warnOfLeftAlone,
  warnOfSetBack,
  warnOfUnknownKeys,
} from './warnings.ts';

/** An edit of one Job: never by the controller, never of the status, never of a Job in deletion. */
export interface UpdateRequest {
  /** The Job as it is stored. */
  readonly old: JobObject;
  /** The Job as it is sent, defaults filled in. */
  readonly next: JobObject;
  /** Who writes; empty for clients that do not say. */
  readonly manager: string;
  readonly view: AdmissionView;
}

/** An edit of a Job that jobflow has a say in, and what is known about it. */
interface Edit {
  readonly before: JobRecord;
  readonly after: JobRecord;
  /** The Job waited at its gate before the edit, or does after it. */
  readonly waits: boolean;
  readonly record: GatedRecord | undefined;
  /** The user's annotations that the edit adds or changes. */
  readonly changed: Annotations;
}

/**
 * Decides about an edit of a Job: refused with one clear sentence, or admitted with what the writer could not know
 * put back. Applying a file again changes nothing, at any stage of the Job's life.
 *
 * @param request the Job before and after
 */
export function decideUpdate(request: UpdateRequest): Verdict {
  const { old, next, manager, view } = request;
  const reason = leftAloneReason(old);
  const changed = changedAnnotations(old, next);
  if (reason !== undefined) return admitAsIs(isAnnotated(changed) ? [warnOfLeftAlone(reason)] : []);
  const ownField = refuseOwnFieldEdits(old, next);
  if (ownField !== undefined) return refuse(ownField);
  // What was malformed before (it got past an absent webhook) is not held against an edit of something else.
  const parsed = parseAnnotations(changed);
  if (!parsed.ok) return refuseAll(parsed.refusals);

  const record = parseGatedRecord(old.metadata.annotations?.[OWN_ANNOTATIONS.gated]);
  const owned = withOwnFields(old, next);
  const restored =
    record === undefined ? { job: owned, setBack: [] } : restoreInjected(old, owned, record.injected);
  const sentAgain = record !== undefined && isFileSentAgain(manager, next, record);
  const edit = describeEdit(old, restored.job, record, changed);
  const suspend = decideSuspend({
    old,
    next: restored.job,
    manager,
    gated: edit.before.terms?.gated === true || edit.after.terms?.gated === true,
    released: edit.before.terms?.released === true,
    isStatedAgain: sentAgain && record.statedSuspend,
  });
  const job = suspend.kind === 'as-sent' ? restored.job : withSuspend(restored.job, suspend.suspend);
  const candidate = edit.waits ? newlyWaiting(edit, parsed.annotations) : undefined;
  const refused =
    refuseEdges(edit, candidate, view) ??
    (edit.waits
      ? (refuseCompletionsEdit(old, job) ?? refuseGrowth(edit, old, parsed.annotations))
      : undefined);
  if (refused !== undefined) return refuse(refused);
  const isReplaced = record !== undefined && isReplacement(next);
  const startedEarly = suspend.kind === 'as-stored' && suspend.tell && edit.waits && !isReplaced;
  const mend = mendOfEarlyStart(edit.record, job.metadata.annotations ?? {});
  return {
    kind: 'admit',
    job: isSameJob(job, next) ? undefined : withTrueOwnership(next, job),
    warnings: [
      ...(startedEarly && mend !== undefined ? [warnOfEarlyStart(mend)] : []),
      ...(restored.setBack.length > 0 && !sentAgain ? [warnOfSetBack(restored.setBack)] : []),
      ...warnOfEdits(edit, old),
    ],
    registers: candidate,
  };
}

function describeEdit(
  old: JobObject,
  next: JobObject,
  record: GatedRecord | undefined,
  changed: Annotations,
): Edit {
  const before = projectJob(old);
  // The gate stays shut whatever the edit says of `suspend`, so the Job is judged as if it were still suspended.
  const after = { ...projectJob(next), suspended: before.suspended, started: before.started };
  return { before, after, waits: isWaiting(before) || isWaiting(after), record, changed };
}

/**
 * What the graph has to count after the edit, if the edit changes it.
 *
 * @param stated what the changed annotations say
 */
function newlyWaiting({ before, after, changed }: Edit, stated: UserAnnotations): Candidate | undefined {
  const states = [USER_ANNOTATIONS.dependsOn, USER_ANNOTATIONS.run].some((key) =>
    Object.hasOwn(changed, key),
  );
  // What is taken away counts at once too: the next edit may turn the edge round, and without a run more Jobs count.
  const removes =
    before.terms?.run !== after.terms?.run ||
    (before.terms?.edges.length !== 0 && after.terms?.edges.length === 0);
  if (!states && !removes) return undefined;
  const edges = Object.hasOwn(changed, USER_ANNOTATIONS.dependsOn)
    ? stated.edges
    : (after.terms?.edges ?? []);
  const flow = after.terms?.flow;
  return {
    name: after.name,
    run: after.terms?.run ?? stated.run,
    ...(flow !== undefined && { flow }),
    edges,
  };
}

/** Only edges that are new are checked, so that nobody is trapped on a cycle that slipped in before. */
function refuseEdges(
  { before }: Edit,
  candidate: Candidate | undefined,
  view: AdmissionView,
): Refusal | undefined {
  if (candidate === undefined) return undefined;
  const known =
    before.terms?.run === candidate.run ? (before.terms?.edges ?? []).map(({ name }) => name) : [];
  const added = { ...candidate, edges: candidate.edges.filter(({ name }) => !known.includes(name)) };
  return refuseSelfEdge(added) ?? refuseCycle(added, view);
}

function refuseCompletionsEdit(old: JobObject, next: JobObject): Refusal | undefined {
  return old.spec?.completions === 0 ? undefined : refuseNoCompletions(next, next.metadata.annotations ?? {});
}

/** More upstreams may mean more outcomes to be written. */
function refuseGrowth(
  { before, changed }: Edit,
  old: JobObject,
  { edges }: UserAnnotations,
): Refusal | undefined {
  if (!Object.hasOwn(changed, USER_ANNOTATIONS.dependsOn)) return undefined;
  const record = old.metadata.annotations?.[OWN_ANNOTATIONS.gated] ?? '';
  const written = { record, outcomes: before.terms?.outcomes ?? NO_OUTCOMES };
  return refuseLargeAnnotations({ ...written, edges }, { ...written, edges: before.terms?.edges ?? [] });
}

function warnOfEdits({ before, after, waits, changed }: Edit, old: JobObject): string[] {
  const created = [USER_ANNOTATIONS.template, USER_ANNOTATIONS.flow] as const;
  const gates = [USER_ANNOTATIONS.dependsOn, USER_ANNOTATIONS.hold] as const;
  const isNew = (key: string): boolean => !Object.hasOwn(old.metadata.annotations ?? {}, key);
  return [
    ...created.filter((key) => Object.hasOwn(changed, key)).map(warnOfLateEdit),
    ...gates
      .filter((key) => Object.hasOwn(changed, key) && isNew(key) && !waits && changed[key] !== 'false')
      .map(warnOfLateGate),
    ...(after.terms?.gated === true || before.terms?.gated === true ? [] : warnOfIdleAnnotations(changed)),
    ...warnOfUnknownKeys(changed),
  ];
}

/** Undefined if the Job starts by itself, because the edit leaves nothing to wait for. */
function mendOfEarlyStart(record: GatedRecord | undefined, annotations: Annotations): string | undefined {
  const waitsForJobs = Object.hasOwn(annotations, USER_ANNOTATIONS.dependsOn);
  const held =
    annotations[USER_ANNOTATIONS.hold] === 'true' && !Object.hasOwn(annotations, USER_ANNOTATIONS.approved);
  const edges = `edit or remove the annotation "${USER_ANNOTATIONS.dependsOn}"`;
  const hold = `set the annotation "${USER_ANNOTATIONS.approved}"`;
  if (waitsForJobs && held) return `${hold} and ${edges}`;
  if (waitsForJobs) return edges;
  if (held) return hold;
  return record?.gate === true ? undefined : 'set it once more after this edit';
}

/** Annotations with our prefix that are new or have another value. */
function changedAnnotations(old: JobObject, next: JobObject): Annotations {
  const before = old.metadata.annotations ?? {};
  return Object.fromEntries(
    Object.entries(next.metadata.annotations ?? {}).filter(
      ([key, value]) => !Object.hasOwn(before, key) || before[key] !== value,
    ),
  );
}

function withSuspend(job: JobObject, suspend: boolean): JobObject {
  return { ...job, spec: withField(job.spec ?? {}, 'suspend', suspend) };
}

function isSameJob(a: JobObject, b: JobObject): boolean {
  return (
    sameJson({ ...a.metadata.annotations }, { ...b.metadata.annotations }) &&
    sameJson({ ...a.metadata.labels }, { ...b.metadata.labels }) &&
    sameJson(a.metadata.finalizers ?? [], b.metadata.finalizers ?? []) &&
    sameJson(a.spec ?? {}, b.spec ?? {})
  );
}
