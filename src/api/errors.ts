/**
 * Every sentence with which jobflow refuses something, by code. `docs/errors.md` lists them, and a test holds
 * the two together. `{name}` stands for a value. Each names the field, the value and the mend.
 */
export const REFUSALS = {
  AnnotationUnknownValue: '{field}: "{value}" is not allowed; write {allowed}.',
  DependencyEmpty: '{field}: entry {position} is empty; remove the extra comma or write a Job name there.',
  DependencyNameInvalid:
    '{field}: "{value}" is not a valid Job name; use at most 63 lower-case letters, digits and "-" (or "."), starting and ending with a letter or digit.',
  DependencyKindUnknown:
    '{field}: "{value}" names the kind "{kind}", which cannot be waited for; write the plain name of a Job, "jobflow/NAME" or "daemonjob/NAME".',
  DependencyOutcomeUnknown:
    '{field}: "{value}" asks for the outcome "{outcome}"; write Complete, Failed, NotFailed or Finished (as in "{name}=Failed").',
  DependencyDuplicate: '{field}: "{name}" is listed twice; keep one of the two entries.',
  DependencyTooMany:
    '{field}: {count} names are more than the limit of {limit}; put a Job in between that waits for some of them.',
  DependencyTooLong:
    '{field}: the value has {bytes} bytes, more than the limit of {limit}; shorten the names or put a Job in between that waits for some of them.',
  DependencyOnItself: '{field}: {kind} "{name}" depends on itself; remove "{name}" from the list.',
  DependencyCycle: '{field}: the dependencies form a cycle, {path}; remove one of these edges.',
  NameInvalid: '{field}: "{value}" is not a valid {what}; {mend}.',
  DurationInvalid:
    '{field}: "{value}" is not a duration; write a positive number with a unit, such as "90s", "30m" or "2h".',
  TemplateUnknown:
    '{field}: there is no JobTemplate "{name}" in namespace "{namespace}"; apply the JobTemplate first, then this {kind}.',
  TemplateUnusable:
    '{field}: JobTemplate "{name}" in namespace "{namespace}" has no usable spec.jobTemplate; write a JobSpec there.',
  TemplateManagedBy:
    '{field}: JobTemplate "{name}" sets spec.managedBy to "{value}", and jobflow leaves such Jobs alone; remove managedBy from the JobTemplate, or remove this annotation.',
  FlowUnknown:
    '{field}: there is no JobFlow "{name}" in namespace "{namespace}"; apply the JobFlow first, then this Job.',
  FlowUnusable:
    '{field}: spec.globalParams of JobFlow "{name}" in namespace "{namespace}" cannot be used: {problem}; mend the JobFlow, then apply this Job again.',
  CompletionsZero:
    '{completions}: 0 cannot be combined with {field}, because Kubernetes completes such a Job while it is suspended; use at least 1, or remove {field}.',
  FieldInvalid: '{field}: {problem}; write it as `kubectl explain {kind}.spec` describes it.',
  FieldMissing: '{field}: is missing; write {mend}.',
  FieldNotAllowed: '{field}: "{value}" is not allowed; write {allowed}.',
  FlowNameTooLong:
    'metadata.name: "{name}" has {length} characters, more than the {limit} that the value of a label may have; use a shorter name.',
  FlowTooManyEntries:
    'spec.flows: {count} entries are more than the limit of {limit}; divide them among several JobFlows, which can wait for each other with "jobflow/NAME".',
  FlowTooLarge:
    'The JobFlow would take {bytes} bytes together with the status of its Jobs, more than the limit of {limit}; move what its entries share into JobTemplates (jobTemplateRef), or divide it.',
  EntryKindUnclear:
    '{field}: {stated}; an entry has exactly one of jobTemplate, jobTemplateRef and daemonJob.',
  EntryNamesCollide:
    '{field}: the Job of "{name}" would be called "{jobName}", as that of {other}; rename one of the two entries.',
  EntryUnknown: '{field}: spec.flows has no entry "{name}"{known}; correct the name, or add the entry.',
  NameTaken: '{field}: "{name}" is already the name of {other}; give each {what} a name of its own.',
  VolumeUnknown:
    '{field}: there is no volume "{name}" in {where}; correct the name, or add the volume there.',
  OwnAnnotation: '{field}: only jobflow writes this annotation; remove it.',
  OwnLabel:
    '{field}: jobflow keeps this label equal to the annotation that the Job was created with; remove the change.',
  OwnFinalizer: '{field}: only jobflow adds or removes the finalizer "{value}"; leave it as it is.',
  AnnotationsTooLarge:
    'metadata.annotations: what jobflow may have to write on this Job has up to {bytes} bytes, more than the limit of {limit}; depend on fewer Jobs, or take less from the JobTemplate and the JobFlow.',
  NotReady: 'jobflow cannot check this object yet: {problem}; try again in a moment.',
  ReviewMalformed: '{field}: {problem}; send an admission.k8s.io/v1 AdmissionReview.',
  BodyNotJson: 'The request body is not JSON ({problem}); send an admission.k8s.io/v1 AdmissionReview.',
  BodyTooLarge: 'The request body is larger than {limit} bytes; send a smaller object.',
  ContentTypeUnsupported: 'Content-Type "{value}" is not supported; send application/json.',
  PathUnknown: 'There is nothing at "{path}"; the webhook answers at {known}.',
  MethodNotAllowed: 'Method {method} is not allowed at "{path}"; use {allowed}.',
  Timeout: 'jobflow could not decide within {seconds} s; try again.',
  Internal: 'jobflow failed to judge this object (request {id}); its log has the cause. Try again.',
} as const;

/** The code of a refusal, as `docs/errors.md` lists it. */
export type RefusalCode = keyof typeof REFUSALS;

type Placeholders<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;

/** The values that the message of a code needs. */
export type RefusalValues<C extends RefusalCode> = Readonly<
  Record<Placeholders<(typeof REFUSALS)[C]>, RefusalValue>
>;

/** A value in a message; a list is a path of Job names. */
export type RefusalValue = string | number | readonly string[];

/** One refusal: a stable code and one clear sentence. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
  /** Every single one, where several were joined to one. */
  readonly all?: readonly Refusal[];
}

const MAX_SHOWN = 200;

/** Names of a path that are shown; a longer one loses its middle. */
const MAX_PATH = 64;

/**
 * Writes the sentence of a refusal.
 *
 * @param code which refusal
 * @param values what its placeholders stand for; long values are cut to 200 characters,
 *   long paths to 64 names
 * @returns the code with the finished sentence
 */
export function refusal<C extends RefusalCode>(code: C, values: RefusalValues<C>): Refusal {
  const shown = new Map<string, string>(
    Object.entries<RefusalValue>(values).map(([name, value]) => [name, show(value)]),
  );
  const message = REFUSALS[code].replace(/\{(\w+)\}/g, (_, name: string) => shown.get(name) ?? '');
  return { code, message };
}

/** The way an annotation is named in messages: `metadata.annotations["KEY"]`. */
export function annotationField(key: string): string {
  return `metadata.annotations["${key}"]`;
}

function show(value: RefusalValue): string {
  if (typeof value === 'object') return showPath(value);
  // Control characters would let a value break out of its line in logs and terminals.
  const text = String(value).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}

function showPath(names: readonly string[]): string {
  const half = MAX_PATH / 2;
  const shown =
    names.length <= MAX_PATH
      ? names
      : [...names.slice(0, half), `(${names.length - MAX_PATH} more)`, ...names.slice(-half)];
  return shown.map((name) => show(name)).join(' → ');
}
