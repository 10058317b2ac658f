import { describeReference } from '../../api/dependency-reference.ts';
import type { JobObject } from '../../api/job.ts';
import { projectJob } from '../../core/job-projection.ts';
import { ApiError, isApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { jobPath } from '../../kube/patches.ts';
import { CommandError } from '../cluster/command-error.ts';
import { readOne } from '../cluster/read-objects.ts';
import type { Target } from '../targets/target.ts';
import type { RetryStep } from './plan-retry.ts';
import { recreatedJob } from './recreated-job.ts';
import { annotateForRetry, createJob, deleteJob, untilBegunAnew, untilGone } from './retry-requests.ts';
import { SavedJobs } from './saved-jobs.ts';

/** One step with the object that it is about. */
export interface RetryWork {
  readonly step: RetryStep;
  readonly target: Target;
}

/** What carrying out takes. */
export interface CarryOutOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** Another value of the retry annotation than any before. */
  readonly value: string;
  /** The UID that something had when the plan was made, by its name as edges have it. */
  readonly uidOf: (name: string) => string | undefined;
  /** Where Jobs are kept between their deletion and their making; the first that can be written. */
  readonly folders: readonly string[];
  /** Ends it between two steps. */
  readonly interruption: AbortSignal;
  /** Told of each object as it is written. */
  readonly onDone: (target: Target) => void;
  /** Told what a person should know meanwhile, in sentences. */
  readonly onNote: (sentence: string) => void;
}

/** Requests that run at once while it is only tried. */
const AT_ONCE = 8;

/**
 * Has the API server judge everything, and stores nothing. Not even its Job is then lost whom a rule, a quota, a missing
 * right or a template that is gone would keep from being made anew.
 *
 * @returns what stands in the way, one sentence each
 * @throws ApiError if nothing answers
 */
export async function tryOut(
  works: readonly RetryWork[],
  { connection, namespace, value }: Pick<CarryOutOptions, 'connection' | 'namespace' | 'value'>,
): Promise<string[]> {
  const dryRun = { dryRun: 'All' } as const;
  const problems = new Map<RetryWork, string>();
  const waiting = works.values();
  const worker = async (): Promise<void> => {
    for (const work of waiting) {
      const { target, step } = work;
      try {
        if (target.kind === 'job') {
          await deleteJob(connection, target.object, dryRun);
          // That it exists is said only once all else has been found in order.
          await createJob(connection, recreatedJob(target.object), target.object, dryRun);
        } else await annotateForRetry(connection, namespace, step.unit.id, value, dryRun);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === undefined) throw error;
        // Changed since it was read: looked at anew at its turn.
        if (isApiError(error, 'conflict')) continue;
        problems.set(work, `${describeReference(step.unit.id)} cannot be run again: ${error.message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return works.map((work) => problems.get(work)).filter((problem) => problem !== undefined);
}

/**
 * Runs everything again, one after another: each Job only once what it waits for is under way again, for otherwise it
 * would take the old outcome for the new. Until the last of them is made anew, all Jobs are in a file.
 *
 * @throws CommandError that says what is left to do, if it cannot go on
 */
export async function carryOut(works: readonly RetryWork[], options: CarryOutOptions): Promise<void> {
  const jobs = works.flatMap(({ target }) => (target.kind === 'job' ? [recreatedJob(target.object)] : []));
  const name = `retry-${options.namespace}-${options.value.replaceAll(':', '-')}.yaml`;
  const saved = jobs.length === 0 ? undefined : await SavedJobs.save(options.folders, name, jobs);
  if (saved !== undefined)
    options.onNote(
      `Until ${jobs.length === 1 ? 'the Job is' : 'the Jobs are'} made anew, ${saved.path} keeps what they are made from.`,
    );
  for (const [index, work] of works.entries()) {
    if (options.interruption.aborted) {
      await saved?.remove();
      throw new CommandError(
        `Interrupted: ${index} of ${works.length} run again, and the others are as they were; do the same once more for those.`,
      );
    }
    await carryOutOne(work, { ...options, saved });
  }
  await saved?.remove();
}

interface Carrying extends CarryOutOptions {
  readonly saved: SavedJobs | undefined;
}

async function carryOutOne({ step, target }: RetryWork, carrying: Carrying): Promise<void> {
  const { connection, namespace, value, uidOf, onDone } = carrying;
  for (const upstream of step.after)
    await untilBegunAnew(connection, { namespace, name: upstream, uid: uidOf(upstream), value });
  if (target.kind === 'job') await makeAnew(target, carrying);
  else {
    const object = await annotateForRetry<typeof target.object>(connection, namespace, step.unit.id, value);
    onDone({ ...target, object } as Target);
  }
}

async function makeAnew(target: Target & { kind: 'job' }, carrying: Carrying): Promise<void> {
  const { connection, saved, onDone, onNote } = carrying;
  const live = await deleteAsSeen(target, carrying);
  if (live === undefined) {
    onNote(`Job "${target.name}" has been made anew by somebody else meanwhile; nothing is done to it.`);
    return;
  }
  try {
    const isFree = await untilGone(connection, live);
    const object = isFree ? await createJob(connection, recreatedJob(live), live) : undefined;
    if (object === undefined)
      onNote(`Job "${target.name}" has been made anew by somebody else as soon as it was gone.`);
    else onDone({ ...target, object });
  } catch (error) {
    const said = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    throw new CommandError(
      `Job "${target.name}" has been deleted and could not be made anew: ${said}. Nothing is lost: once that is mended, kubectl create -f ${saved?.path ?? ''} makes what is missing, and refuses what is there.`,
    );
  }
}

/** @returns the Job as it was when it was deleted, or undefined if another one has its name by now */
async function deleteAsSeen(
  target: Target & { kind: 'job' },
  { connection, namespace, saved }: Carrying,
): Promise<JobObject | undefined> {
  for (let live = target.object; ;) {
    try {
      await deleteJob(connection, live);
      return live;
    } catch (error) {
      if (!isApiError(error, 'conflict')) throw error;
    }
    const now = await readOne<JobObject>(connection, jobPath({ namespace, name: target.name }));
    if (now === undefined) return live;
    if (now.metadata.uid !== live.metadata.uid) return undefined;
    if (projectJob(now).outcome !== projectJob(live).outcome)
      throw new CommandError(`Job "${target.name}" has changed meanwhile; do the same once more.`);
    // Edited: what is made anew is what it is now.
    live = now;
    await saved?.replace(recreatedJob(now));
  }
}
