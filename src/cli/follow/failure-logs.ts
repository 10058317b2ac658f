import { stripVTControlCharacters } from 'node:util';
import { isApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { podsOf, type PodObject } from '../cluster/pods.ts';
import { listIfAllowed } from '../cluster/read-objects.ts';
import { lastLinesOfFailed } from '../logs/last-lines.ts';
import type { NamespaceProgress } from './follow-run.ts';

/** Lines of each container that failed. */
const LINES = 10;
/** Pods of one Job: those that failed last. */
const PODS = 2;
/** Jobs whose logs are shown; where more fail, they mostly fail alike. */
const JOBS = 20;
/** How many are read at once. */
const AT_ONCE = 4;

/** What becomes of the logs. */
export interface FailureLogsOptions {
  readonly connection: Connection;
  /** Takes a heading, and the lines below it. */
  readonly tell: (heading: string, lines: readonly string[]) => void;
  /** A command of this program as the user would write it. */
  readonly commandLine: (words: string, namespace: string) => string;
}

/** Reads the last lines of what failed, as it fails. */
export class FailureLogs {
  readonly #options: FailureLogsOptions;
  readonly #waiting: { readonly namespace: string; readonly job: string }[] = [];
  readonly #running = new Set<Promise<void>>();
  #jobs = 0;

  constructor(options: FailureLogsOptions) {
    this.#options = options;
  }

  /** Begins to read the logs of the Jobs that are told to have failed. */
  read(progress: readonly NamespaceProgress[]): void {
    for (const { namespace, view, snapshot } of progress) {
      for (const event of snapshot.events) {
        if (event.kind !== 'ended' || event.state !== 'Failed' || event.name.startsWith('jobflow/')) continue;
        for (const job of failedJobs(event.name, view)) this.#add(namespace, job);
      }
    }
    this.#goOn();
  }

  /** Waits until all have been told. */
  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #add(namespace: string, job: string): void {
    this.#jobs += 1;
    if (this.#jobs <= JOBS) {
      this.#waiting.push({ namespace, job });
    } else if (this.#jobs === JOBS + 1) {
      const command = this.#options.commandLine(`logs ${job}`, namespace);
      this.#options.tell(`More than ${JOBS} Jobs have failed; ${command} shows the logs of the others.`, []);
    }
  }

  #goOn(): void {
    while (this.#running.size < AT_ONCE) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const reading = this.#read(next.namespace, next.job).finally(() => {
        this.#running.delete(reading);
        this.#goOn();
      });
      this.#running.add(reading);
    }
  }

  async #read(namespace: string, job: string): Promise<void> {
    const { connection, tell } = this.#options;
    try {
      const { items, unread } = await listIfAllowed<PodObject>(connection, podsOf({ namespace, job }));
      if (unread !== undefined) {
        tell(`Job "${job}": its logs cannot be had. ${unread.sentence}`, []);
        return;
      }
      const failed = items.filter(({ status }) => status?.phase === 'Failed');
      const last = failed.sort((a, b) => createdOf(b).localeCompare(createdOf(a))).slice(0, PODS);
      if (last.length === 0) tell(`Job "${job}": no pod of it is left that failed, and so no log.`, []);
      for (const pod of last.reverse()) await this.#tellPod(job, pod);
    } catch (error) {
      // The cluster went away meanwhile, say.
      if (!isApiError(error, 'retry', 'aborted', 'notFound', 'denied')) throw error;
      tell(`Job "${job}": its logs cannot be had (${error.message}).`, []);
    }
  }

  async #tellPod(job: string, pod: PodObject): Promise<void> {
    const { connection, tell } = this.#options;
    const found = await lastLinesOfFailed(connection, pod, LINES);
    const name = pod.metadata.name ?? '';
    if (found.length === 0) tell(`Job "${job}": no container of pod "${name}" has run${reasonOf(pod)}.`, []);
    for (const { container, lines, problem } of found) {
      if (problem !== undefined) tell(problem, []);
      else if (lines.length === 0) tell(`The log of container "${container}" of pod "${name}" is empty.`, []);
      else tell(`The end of the log of container "${container}" of pod "${name}":`, lines.map(shownLine));
    }
  }
}

/** The Job itself; of a DaemonJob the first of its Jobs that failed. */
function failedJobs(name: string, { parts }: NamespaceProgress['view']): string[] {
  if (!name.startsWith('daemonjob/')) return parts.get(name)?.startedMs === undefined ? [] : [name];
  const daemon = name.slice('daemonjob/'.length);
  const failed = [...parts.values()].filter(
    ({ record, state }) =>
      state === 'Failed' && record?.owner?.kind === 'DaemonJob' && record.owner.name === daemon,
  );
  return failed.slice(0, 1).map((part) => part.name);
}

function createdOf({ metadata }: PodObject): string {
  return metadata.creationTimestamp ?? '';
}

function reasonOf({ status }: PodObject): string {
  const text = status?.message ?? status?.reason;
  return text === undefined || text === '' ? '' : ` (${text.replace(/\.$/, '')})`;
}

/** Longer lines hide what is around them. */
const WIDEST_LINE = 1_000;

/** A line of a log may hold anything, even what moves the cursor. */
function shownLine(line: string): string {
  const text = stripVTControlCharacters(line)
    .replaceAll('\t', '    ')
    .replace(/\p{Cc}/gu, '');
  return text.length > WIDEST_LINE ? `${text.slice(0, WIDEST_LINE)}…` : text;
}
