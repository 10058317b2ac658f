import type { PathStep } from '../../api/gated-record.ts';
import type { JobObject } from '../../api/job.ts';
import { SUSPEND_FIELD, withoutOwned } from '../field-owners.ts';
import { injectedLeaves } from './injected-leaves.ts';

/**
 * Takes the ownership of the fields whose written value is not stored from those who wrote them by other means than
 * server-side apply.
 *
 * The API server notes who owns what before admission. Where jobflow then stores another value than was written,
 * the note is wrong, and a later server-side apply of the same file would be refused: it seems to change what the
 * client-side apply before it had set. Admission may correct the note.
 *
 * @param written the Job as it was written
 * @param job the Job as it is to be stored
 */
export function withTrueOwnership(written: JobObject, job: JobObject): JobObject {
  const { managedFields } = job.metadata;
  if (!managedFields) return job;
  const fields = [
    ...injectedLeaves(written, job).flatMap(({ path, stated }) =>
      stated === undefined ? [] : [ownedField(path)],
    ),
    ...(written.spec?.suspend === job.spec?.suspend ? [] : [SUSPEND_FIELD]),
  ];
  if (fields.length === 0) return job;
  const corrected = managedFields.flatMap((entry) => {
    const { operation, subresource } = entry;
    return operation !== 'Update' || subresource ? entry : (withoutOwned(entry, fields) ?? []);
  });
  return { ...job, metadata: { ...job.metadata, managedFields: corrected } };
}

function ownedField(path: readonly PathStep[]): string[] {
  return path.map((step) => (typeof step === 'string' ? `f:${step}` : `k:${JSON.stringify(step)}`));
}
