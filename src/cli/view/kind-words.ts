import { API_GROUP } from '../../api/names.ts';

/** The kinds of object that users name. */
export type NamedKind = 'job' | 'jobflow' | 'daemonjob' | 'cronjob' | 'pod';

/** What a user has written for an object: `report`, `job/report`, `jf/etl`. */
export interface KindAndName<K extends NamedKind = NamedKind> {
  /** Undefined if only a name was written. */
  readonly kind: K | undefined;
  readonly name: string;
}

/** How kubectl names the kinds: singular, plural and short; and their groups. */
const KINDS: Readonly<Record<NamedKind, { readonly words: readonly string[]; readonly group: string }>> = {
  job: { words: ['job', 'jobs'], group: 'batch' },
  jobflow: { words: ['jobflow', 'jobflows', 'jf'], group: API_GROUP },
  daemonjob: { words: ['daemonjob', 'daemonjobs', 'dj'], group: API_GROUP },
  cronjob: { words: ['cronjob', 'cronjobs', 'cj'], group: 'batch' },
  pod: { words: ['pod', 'pods', 'po'], group: '' },
};

/** How sentences name the kinds. */
export const KIND_TITLES: Readonly<Record<NamedKind, string>> = {
  job: 'Job',
  jobflow: 'JobFlow',
  daemonjob: 'DaemonJob',
  cronjob: 'CronJob',
  pod: 'Pod',
};

/**
 * Reads `NAME` or `KIND/NAME`, with the kind as kubectl takes it: `jobs`, `jf`, `job.batch`, `job.v1.batch`.
 *
 * @param kinds those that are meant here
 * @returns undefined if there is no such kind here, or no name
 */
export function parseKindAndName<K extends NamedKind>(
  word: string,
  kinds: readonly K[],
): KindAndName<K> | undefined {
  const [first = '', second, ...others] = word.split('/');
  const name = second ?? first;
  if (name === '' || others.length > 0) return undefined;
  if (second === undefined) return { kind: undefined, name };
  const [short = '', ...groups] = first.toLowerCase().split('.');
  const kind = kinds.find((each) => KINDS[each].words.includes(short));
  if (kind === undefined) return undefined;
  const group = groups.join('.').replace(/^v\d+((alpha|beta)\d+)?(\.|$)/, '');
  return group === '' || group === KINDS[kind].group ? { kind, name } : undefined;
}
