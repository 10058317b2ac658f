import { createHash } from 'node:crypto';

/** Names of Jobs have at most 63 characters: the Job controller copies them into a label of every pod. */
const LONGEST = 63;
const DIGEST_LENGTH = 8;

/**
 * Joins the name of an owner with that of a part, as in `etl-load`. What would be too long for a Job is cut and gets
 * a digest of the whole, so that different names stay different and the same ones the same.
 *
 * @param owner the name of a JobFlow or DaemonJob
 * @param part the name of an entry or of a node
 */
export function joinedName(owner: string, part: string): string {
  const whole = `${owner}-${part}`;
  if (whole.length <= LONGEST) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, DIGEST_LENGTH);
  // A name may not have "." or "-" right before the joining "-" of the digest.
  const cut = whole.slice(0, LONGEST - DIGEST_LENGTH - 1).replace(/[^a-z0-9]+$/, '');
  return `${cut}-${digest}`;
}
