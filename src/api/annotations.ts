import { parseDependencies, type DependencyEdge } from './dependency-list.ts';
import { parseDuration } from './duration.ts';
import { annotationField, refusal, type Refusal } from './errors.ts';
import { isLabelValue, isResourceName } from './kubernetes-names.ts';
import { API_GROUP, OWN_ANNOTATIONS, USER_ANNOTATIONS } from './names.ts';

/** What to do when the awaited outcome can no longer happen. */
export type UnmetPolicy = 'Fail' | 'Wait';

/** Annotations as they come over the wire. */
export type Annotations = Readonly<Record<string, string>>;

/** What a user's annotations say, each value read and checked. */
export interface UserAnnotations {
  readonly edges: readonly DependencyEdge[];
  readonly run: string | undefined;
  readonly flow: string | undefined;
  readonly template: string | undefined;
  readonly onUnmet: UnmetPolicy;
  /** Milliseconds, or undefined for no limit. */
  readonly waitTimeoutMs: number | undefined;
  readonly hold: boolean;
  readonly approved: boolean;
}

/** The annotations read, or everything that is wrong with them. */
export type ParsedAnnotations =
  | { readonly ok: true; readonly annotations: UserAnnotations }
  | { readonly ok: false; readonly refusals: readonly [Refusal, ...Refusal[]] };

/** Whether a Job carries any annotation of ours: only such Jobs reach the webhook. */
export function isAnnotated(annotations: Annotations): boolean {
  return Object.keys(annotations).some((key) => key.startsWith(`${API_GROUP}/`));
}

/**
 * Reads and checks the annotations that a user may write on a Job.
 *
 * @param annotations all annotations of the Job; foreign keys are passed over
 */
export function parseAnnotations(annotations: Annotations): ParsedAnnotations {
  const refusals: Refusal[] = [];
  const read = <T>(key: string, parse: (value: string, field: string) => T | Refusal): T | undefined => {
    const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
    if (value === undefined) return undefined;
    const parsed = parse(value, annotationField(key));
    if (!isRefusal(parsed)) return parsed;
    refusals.push(parsed);
    return undefined;
  };
  const parsed: UserAnnotations = {
    edges: read(USER_ANNOTATIONS.dependsOn, readEdges) ?? [],
    run: read(USER_ANNOTATIONS.run, readRun),
    flow: read(USER_ANNOTATIONS.flow, readFlow),
    template: read(USER_ANNOTATIONS.template, readTemplate),
    onUnmet: read(USER_ANNOTATIONS.onUnmetDependency, readPolicy) ?? 'Fail',
    waitTimeoutMs: read(USER_ANNOTATIONS.waitTimeout, readTimeout),
    hold: read(USER_ANNOTATIONS.hold, readHold) ?? false,
    approved: Object.hasOwn(annotations, USER_ANNOTATIONS.approved),
  };
  const [first, ...others] = refusals;
  return first === undefined
    ? { ok: true, annotations: parsed }
    : { ok: false, refusals: [first, ...others] };
}

/** The keys with our prefix that mean nothing to jobflow: most likely typing errors. */
export function unknownKeys(annotations: Annotations): string[] {
  const known: readonly string[] = [...Object.values(USER_ANNOTATIONS), ...Object.values(OWN_ANNOTATIONS)];
  return Object.keys(annotations).filter((key) => key.startsWith(`${API_GROUP}/`) && !known.includes(key));
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

function readEdges(value: string, field: string): readonly DependencyEdge[] | Refusal {
  const parsed = parseDependencies(value, field);
  return parsed.ok ? parsed.edges : parsed.refusal;
}

function readRun(value: string, field: string): string | Refusal {
  const mend = 'use 1 to 63 letters, digits, "-", "_" or ".", starting and ending with a letter or digit';
  return value !== '' && isLabelValue(value)
    ? value
    : refusal('NameInvalid', { field, value, what: 'label value', mend });
}

function readFlow(value: string, field: string): string | Refusal {
  // The webhook copies it to a label, so both limits hold.
  const mend = 'use the name of a JobFlow of at most 63 characters';
  return isResourceName(value) && isLabelValue(value)
    ? value
    : refusal('NameInvalid', { field, value, what: 'JobFlow name', mend });
}

function readTemplate(value: string, field: string): string | Refusal {
  const mend = 'use the name of a JobTemplate';
  return isResourceName(value)
    ? value
    : refusal('NameInvalid', { field, value, what: 'JobTemplate name', mend });
}

function readPolicy(value: string, field: string): UnmetPolicy | Refusal {
  return value === 'Fail' || value === 'Wait'
    ? value
    : refusal('AnnotationUnknownValue', { field, value, allowed: '"Fail" or "Wait"' });
}

function readTimeout(value: string, field: string): number | Refusal {
  return parseDuration(value) ?? refusal('DurationInvalid', { field, value });
}

function readHold(value: string, field: string): boolean | Refusal {
  if (value === 'true') return true;
  return value === 'false'
    ? false
    : refusal('AnnotationUnknownValue', { field, value, allowed: '"true", or remove the annotation' });
}
