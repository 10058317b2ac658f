import type { Refusal, RefusalCode } from '../../api/errors.ts';
import type { Manifest, Place } from '../manifests/parse-manifests.ts';

/** How bad a finding is: an error would be refused, or fails; a warning may be meant so. */
export type Severity = 'error' | 'warning';

/**
 * What `lint` finds besides the refusals of the webhook, by the name of the rule. `docs/cli.md` lists them, and a test
 * holds the two together.
 */
export const LINT_RULES = {
  FileUnreadable: 'A file or folder cannot be read, or holds no text.',
  YamlInvalid: 'The YAML is broken, states a field twice, or is no object of Kubernetes.',
  ManifestInvalid: 'A field has the wrong type or value, is missing, or does not exist.',
  ObjectDuplicate: 'Two objects of one kind have the same name in the same namespace.',
  RestartPolicyMissing: 'A Job without an annotation of jobflow has a restartPolicy that Kubernetes refuses.',
  DependencyUnknown: 'Nothing in the files has the name that a Job waits for.',
  ResourceUnknown: 'The files do not hold the JobTemplate or JobFlow that is named.',
  AnnotationMisplaced: 'An annotation of jobflow is where jobflow does not look.',
  Advice: 'What the webhook admits with a warning.',
} as const;

/** The name of a rule: one of `lint`'s own, or the code of a refusal. */
export type Rule = keyof typeof LINT_RULES | RefusalCode;

/** One thing that is wrong. */
export interface Finding {
  readonly severity: Severity;
  readonly rule: Rule;
  /** One sentence with the field, the value and the mend. */
  readonly message: string;
  readonly file: string;
  /** Undefined if it is about the file as a whole; so is the column. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** Undefined if it is about no object. */
  readonly object: { readonly kind: string; readonly name: string } | undefined;
}

/** What a rule says, before it is known of which object and where. */
export interface Complaint {
  readonly severity: Severity;
  readonly rule: Rule;
  readonly message: string;
}

/** A complaint about an object, at a place in its file. */
export function findingAt(place: Place, { kind, name }: Manifest, complaint: Complaint): Finding {
  return { ...complaint, ...place, object: { kind, name } };
}

/** Every refusal that a joined one holds, or the one. */
export function singleRefusals(refusal: Refusal): readonly Refusal[] {
  return refusal.all ?? [refusal];
}
