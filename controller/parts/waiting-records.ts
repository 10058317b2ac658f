import { parseReference } from '../../src/api/dependency-reference.ts';
import { daemonAsJob, type DaemonRecord } from '../../src/core/daemon/daemon-record.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import { keyOf } from '../../src/kube/store-change.ts';

/** All that can wait at a gate, by key: `namespace/NAME` of a Job, `namespace/daemonjob/NAME` of a DaemonJob. */
export interface WaitingRecords extends Iterable<readonly [string, JobRecord]> {
  /** The record of a key; undefined if there is no such object. */
  get(key: string): JobRecord | undefined;
}

/**
 * Jobs and DaemonJobs side by side, each DaemonJob seen as a Job.
 *
 * @param jobs the store of the Jobs, by `namespace/name`
 * @param daemons the store of the DaemonJobs, by `namespace/name`
 */
export function waitingRecords(
  jobs: ReadonlyMap<string, JobRecord>,
  daemons: ReadonlyMap<string, DaemonRecord>,
): WaitingRecords {
  return {
    get: (key) => {
      const named = daemonOf(key);
      if (named === undefined) return jobs.get(key);
      const daemon = daemons.get(named);
      return daemon && daemonAsJob(daemon);
    },
    *[Symbol.iterator]() {
      yield* jobs;
      for (const daemon of daemons.values()) {
        const record = daemonAsJob(daemon);
        yield [keyOf(record), record];
      }
    },
  };
}

/** What a key stands for, and its key among its own kind: `jobflow` and `shop/etl` for `shop/jobflow/etl`. */
export function kindOfKey(key: string): {
  readonly kind: 'job' | 'jobflow' | 'daemonjob';
  readonly key: string;
} {
  const slash = key.indexOf('/');
  const reference = parseReference(key.slice(slash + 1));
  if (reference === undefined || reference.kind === 'job') return { kind: 'job', key };
  return { kind: reference.kind, key: `${key.slice(0, slash)}/${reference.name}` };
}

/**
 * The key among all that can wait: the other way round of {@link kindOfKey}.
 *
 * @param key `shop/tidy`, for `shop/daemonjob/tidy`
 */
export function waitingKeyOf(kind: 'daemonjob', key: string): string {
  return key.replace('/', `/${kind}/`);
}

/** The key of a DaemonJob among its own kind; undefined if the key is that of something else. */
function daemonOf(key: string): string | undefined {
  // Asked for every Job again and again: most keys have one slash.
  if (key.indexOf('/') === key.lastIndexOf('/')) return undefined;
  const named = kindOfKey(key);
  return named.kind === 'daemonjob' ? named.key : undefined;
}
