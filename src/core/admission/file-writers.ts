import type { GatedRecord } from '../../api/gated-record.ts';
import type { JobObject } from '../../api/job.ts';
import { OWN_ANNOTATIONS } from '../../api/names.ts';

/** Field managers of kubectl's two ways to apply a file. */
const KUBECTL_APPLY: readonly string[] = ['kubectl-client-side-apply', 'kubectl'];

/**
 * Whether an edit is most likely the Job's own file sent again: by whoever created it, by kubectl's apply, or by a
 * replace, which is known by what the file cannot have, jobflow's record. In a file a field at its default says
 * nothing about what is wanted.
 *
 * @param manager who writes; empty for clients that do not say, and so cannot be recognised
 * @param sent the Job as it arrived
 * @param record the record made at CREATE
 */
export function isFileSentAgain(manager: string, sent: JobObject, record: GatedRecord): boolean {
  return (
    (manager !== '' && manager === record.manager) || KUBECTL_APPLY.includes(manager) || isReplacement(sent)
  );
}

/**
 * Whether an edit of a Job that has jobflow's record lacks it, as only a file does that replaces the whole Job: then a
 * field at its default may as well not have been written.
 *
 * @param sent the Job as it arrived
 */
export function isReplacement(sent: JobObject): boolean {
  return !Object.hasOwn(sent.metadata.annotations ?? {}, OWN_ANNOTATIONS.gated);
}
