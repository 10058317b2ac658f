import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../cluster/command-error.ts';
import { followNamespace, type ContactChange } from '../cluster/follow-namespace.ts';
import { podsOf, type PodObject } from '../cluster/pods.ts';
import {
  assertNamespace,
  listIfAllowed,
  readNamespace,
  type NamespaceObjects,
  type Unread,
} from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { findTarget, readTargetWord, type Target } from '../targets/target.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { absentLogs } from './absent-logs.ts';
import { copyLog, type RunStage } from './copy-log.ts';
import { haveAllEnded, jobsToLog, type LoggedJob } from './log-jobs.ts';
import { LogOutput, type LogForm } from './log-output.ts';
import { containersOf, hasPodEnded, type LoggedContainer } from './pod-containers.ts';

/** One run of `jobflow logs`. */
export interface LogsRun extends LogForm {
  readonly words: readonly string[];
  readonly follow: boolean;
  /** Only of Jobs that have failed. */
  readonly failed: boolean;
  /** Only of containers of this name. */
  readonly container: string | undefined;
  /** Of the run of a container before its restart. */
  readonly previous: boolean;
  /** Only the last lines of each container. */
  readonly tailLines: number | undefined;
  /** Only what is not older, in milliseconds. */
  readonly sinceMs: number | undefined;
}

const KINDS = ['job', 'jobflow', 'daemonjob'] as const;

/**
 * Writes the logs of Jobs, of JobFlows and of DaemonJobs. A log that cannot be had is told, and does not end the rest.
 *
 * @throws CommandError for names that nothing has, or if pods may not be listed
 * @throws ApiError if nothing answers, or nothing can be read
 */
export async function showLogs(session: Session, terminal: Terminal, run: LogsRun): Promise<void> {
  const { connection, namespace } = session;
  const objects = await readNamespace(connection, namespace);
  const targets = await findTargets(session, objects, run.words);
  const show = new LogShow(session, terminal, run, targets);
  if (run.follow) return show.follow();
  const pods = await listIfAllowed<PodObject>(connection, podsOf({ namespace }));
  assertReadable([pods.unread]);
  await show.once(objects, pods.items);
}

async function findTargets(
  { connection, namespace }: Session,
  objects: NamespaceObjects,
  words: readonly string[],
): Promise<Target[]> {
  const targets: Target[] = [];
  for (const text of words) {
    const found = findTarget(objects, readTargetWord(text), KINDS);
    if (!found.ok) {
      if (objects.jobs.length + objects.flows.length + objects.daemons.length === 0)
        await assertNamespace(connection, namespace);
      throw new CommandError(found.sentence);
    }
    targets.push(found.target);
  }
  return targets;
}

function assertReadable(unread: readonly (Unread | undefined)[]): void {
  const pods = unread.find((each) => each?.resource === 'pods');
  if (pods !== undefined) throw new CommandError(pods.sentence);
}

/** One container, at one of its runs. */
interface LoggedRun {
  readonly key: string;
  readonly job: string;
  readonly pod: PodObject;
  readonly container: LoggedContainer;
}

class LogShow {
  readonly #session: Session;
  readonly #terminal: Terminal;
  readonly #run: LogsRun;
  readonly #targets: readonly Target[];
  readonly #output: LogOutput;
  /** Not older, in milliseconds since the epoch. */
  readonly #sinceMs: number | undefined;
  /** What has been begun, by its key. */
  readonly #begun = new Set<string>();
  #code: (typeof EXIT_CODES)['ok' | 'failed'] = EXIT_CODES.ok;

  constructor(session: Session, terminal: Terminal, run: LogsRun, targets: readonly Target[]) {
    this.#session = session;
    this.#terminal = terminal;
    this.#run = run;
    this.#targets = targets;
    this.#output = new LogOutput(terminal, run);
    this.#sinceMs = run.sinceMs === undefined ? undefined : session.connection.serverTimeMs() - run.sinceMs;
  }

  /** Writes what is there. */
  async once(objects: NamespaceObjects, pods: readonly PodObject[]): Promise<void> {
    const view = viewNamespace(objects, this.#session.connection.serverTimeMs());
    const jobs = jobsToLog(view, pods, this.#targets, this.#run.failed);
    const runs = runsOf(jobs).filter((run) => this.#isWanted(run));
    for (const run of runs) {
      if (this.#isThere(run)) await this.#copy(run, { stage: () => 'ended', pause: delay });
      else this.#tellNotStarted(run);
    }
    this.#end(jobs, runs);
  }

  /** Writes what is there, and what comes, until all has ended. */
  async follow(): Promise<void> {
    const { connection, namespace } = this.#session;
    const bell = new Bell();
    const followed = await followNamespace({
      connection,
      namespace,
      pods: true,
      onChange: () => {
        bell.ring();
      },
      onContact: (change) => {
        this.#terminal.err(`${contactSentence(change)}\n`);
      },
    });
    try {
      assertReadable(followed.objects().unread);
      const pods = () => new Map(followed.pods().map((pod) => [pod.metadata.uid ?? '', pod]));
      const copies = new Set<Promise<void>>();
      let isBacklog = true;
      let isSettled = false;
      for (;;) {
        const objects = followed.objects();
        const view = viewNamespace(objects, connection.serverTimeMs());
        const jobs = jobsToLog(view, followed.pods(), this.#targets, this.#run.failed);
        const runs = runsOf(jobs).filter((run) => this.#isWanted(run));
        for (const run of runs.filter((each) => this.#isThere(each) && !this.#begun.has(each.key))) {
          const stage = () => stageOf(run, pods().get(run.pod.metadata.uid ?? ''));
          const pause = (ms: number) => bell.heard(ms);
          const copy = this.#copy(run, { stage, pause }).finally(() => copies.delete(copy));
          copies.add(copy);
          // What has ended before this began comes one after the other.
          if (isBacklog && stage() !== 'running') await copy;
        }
        if (isBacklog && runs.length === 0 && !haveAllEnded(view, this.#targets))
          this.#terminal.err('There is no pod so far; waiting for the first.\n');
        isBacklog = false;
        const isOver: boolean = copies.size === 0 && haveAllEnded(view, this.#targets);
        if (isOver && isSettled) {
          for (const run of runs) if (!this.#begun.has(run.key)) this.#tellNotStarted(run);
          this.#end(jobs, runs);
          return;
        }
        // Pods are watched apart from Jobs: the last of them may come a little later.
        isSettled = isOver;
        if (!isOver) await Promise.race([bell.heard(LOOK_MS), ...copies]);
        // Many changes come together.
        await delay(SETTLE_MS);
      }
    } finally {
      // Nothing is to keep the program alive that still waits.
      bell.ring();
      await followed.stop();
    }
  }

  #isWanted({ container }: LoggedRun): boolean {
    const { container: name, previous } = this.#run;
    return (name === undefined || name === container.name) && (!previous || container.restarts > 0);
  }

  /** Whether there can be a log. */
  #isThere({ container }: LoggedRun): boolean {
    return container.phase !== 'notStarted' || this.#run.previous;
  }

  async #copy(
    { key, job, pod, container }: LoggedRun,
    until: Pick<Parameters<typeof copyLog>[0], 'stage' | 'pause'>,
  ): Promise<void> {
    this.#begun.add(key);
    const { connection, namespace } = this.#session;
    const { tailLines, previous } = this.#run;
    const label = { job, pod: pod.metadata.name ?? '', container: container.name };
    const problem = await copyLog({
      ...until,
      connection,
      source: { namespace, pod: label.pod, container: label.container },
      range: { tailLines, sinceMs: this.#sinceMs, previous },
      write: (lines) => this.#output.write(label, lines),
      onTrouble: (sentence) => {
        this.#terminal.err(`${sentence}\n`);
      },
    });
    if (problem !== undefined) this.#tell(problem);
  }

  #tellNotStarted({ pod, container }: LoggedRun): void {
    const why = container.waitingFor === undefined ? '' : ` (${container.waitingFor})`;
    const when = hasPodEnded(pod) ? 'never started' : 'has not started';
    this.#tell(
      `Container "${container.name}" of pod "${pod.metadata.name ?? ''}" ${when}${why}, and so has no log.`,
    );
  }

  #end(jobs: readonly LoggedJob[], runs: readonly LoggedRun[]): void {
    const { container, previous, failed } = this.#run;
    const { sentences, isLoss } = absentLogs(jobs);
    for (const sentence of sentences) this.#terminal.err(`${sentence}\n`);
    if (isLoss) this.#code = EXIT_CODES.failed;
    const all = runsOf(jobs);
    if (all.length > 0 && runs.length === 0) {
      const names = [...new Set(all.map((run) => `"${run.container.name}"`))];
      const known = all.some((run) => run.container.name === container);
      if (container !== undefined && !known)
        this.#tell(`No pod has a container "${container}"; there are ${names.join(', ')}.`);
      else if (previous) this.#tell('No container has been restarted, so there is no log of a run before.');
    } else if (failed && jobs.length === 0) this.#terminal.err('No Job has failed.\n');
    this.#terminal.end(this.#code);
  }

  #tell(problem: string): void {
    this.#terminal.err(`${problem}\n`);
    this.#code = EXIT_CODES.failed;
  }
}

/** How long a watch may lag behind another, in milliseconds. */
const SETTLE_MS = 200;
/** How often it is looked at what the watch may not have told, in milliseconds. */
const LOOK_MS = 5_000;

function runsOf(jobs: readonly LoggedJob[]): LoggedRun[] {
  return jobs.flatMap(({ part, pods }) =>
    pods.flatMap((pod) =>
      containersOf(pod).map((container) => ({
        key: `${pod.metadata.uid ?? ''} ${container.name} ${container.restarts}`,
        job: part.name,
        pod,
        container,
      })),
    ),
  );
}

/** How far a run of a container is, by the pod as it is now. */
function stageOf({ container }: LoggedRun, now: PodObject | undefined): RunStage {
  const current = now && containersOf(now).find(({ name }) => name === container.name);
  if (now === undefined || current === undefined) return 'ended';
  const restarts = current.restarts - container.restarts;
  if (restarts > 0) return restarts === 1 ? 'replaced' : 'gone';
  return current.phase === 'ended' || hasPodEnded(now) ? 'ended' : 'running';
}

function contactSentence(change: ContactChange): string {
  return change.kind === 'lost'
    ? `The cluster does not answer (${change.problem}); waiting for it.`
    : 'The cluster answers again.';
}

/** Wakes all who wait. */
class Bell {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Waits for the next ring, or so many milliseconds. */
  heard(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#waiting.add(wake);
    });
  }
}
