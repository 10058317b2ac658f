import { unknownKeys, type Annotations } from '../../../api/annotations.ts';
import { annotationField } from '../../../api/errors.ts';
import { RETRY_ANNOTATION, USER_ANNOTATIONS } from '../../../api/names.ts';
import { warnOfUnknownKeys } from '../warnings.ts';

/*
 * The sentences that kubectl shows as `Warning: …` beside a JobFlow, JobTemplate or DaemonJob. The API server cuts a
 * warning at 256 characters, so each says first what is the matter.
 */

/** A pod's `restartPolicy` that is replaced, by the path of its field. */
export interface WrittenPolicy {
  readonly field: string;
  readonly policy: string;
}

const MAX_USERS = 3;
const MAX_NAME = 32;

/** One or more pod templates state a `restartPolicy` that flows cannot use. */
export function warnOfPolicies(written: readonly WrittenPolicy[]): string[] {
  const [first, ...others] = written;
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return [`${first.field}: "${first.policy}" becomes "Never"${more}, as in every Job of jobflow.`];
}

/**
 * Annotations that mean something elsewhere, but not on an object of this kind.
 *
 * @param annotations those that are new
 * @param known the annotations that the kind has
 */
export function warnOfForeignKeys(
  annotations: Annotations,
  kind: string,
  known: readonly (keyof typeof USER_ANNOTATIONS)[],
): string[] {
  const keys = known.map((key): string => USER_ANNOTATIONS[key]);
  const foreign = Object.values(USER_ANNOTATIONS).filter(
    (key) => Object.hasOwn(annotations, key) && !keys.includes(key),
  );
  const unknown = unknownKeys(annotations).filter((key) => key !== RETRY_ANNOTATION);
  const mistyped = Object.fromEntries(unknown.map((key) => [key, '']));
  return [
    ...foreign.map((key) => `${annotationField(key)}: has no effect on a ${kind}.`),
    ...warnOfUnknownKeys(mistyped),
  ];
}

/** A JobTemplate that something uses is being deleted. */
export function warnOfDeletedTemplate(name: string, users: readonly string[]): string[] {
  return warnOfUse(
    name,
    users,
    'Jobs that are not created yet wait until it is back, those that exist go on.',
  );
}

/** A JobTemplate that something uses is being changed. */
export function warnOfChangedTemplate(name: string, users: readonly string[]): string[] {
  return warnOfUse(name, users, 'the change affects only Jobs that are not created yet.');
}

function warnOfUse(name: string, users: readonly string[], consequence: string): string[] {
  if (users.length === 0) return [];
  const shown = users.slice(0, MAX_USERS).map(shortened).join(', ');
  const more = users.length > MAX_USERS ? ` and ${users.length - MAX_USERS} more` : '';
  return [`JobTemplate "${shortened(name)}" is used by ${shown}${more}: ${consequence}`];
}

/** Four names of 253 characters would leave nothing of the sentence. */
function shortened(name: string): string {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`;
}
