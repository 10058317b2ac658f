import { setTimeout as delay } from 'node:timers/promises';
import { isApiError } from '../../kube/api-error.ts';
import { backoffMs } from '../../kube/backoff.ts';
import type { Connection } from '../../kube/connection.ts';
import { LogLines, type LogLine } from './log-lines.ts';
import { LogPosition, type TimedLine } from './log-position.ts';
import { logProblem, readLog, type LogRange, type LogSource } from './log-request.ts';

/**
 * How far one run of a container is: it may have ended, with its log still there; another run may have taken its place,
 * so that its log is that of the run before; or more than one, so that its log is gone.
 */
export type RunStage = 'running' | 'ended' | 'replaced' | 'gone';

/** One log that is copied to its end. */
export interface LogCopy {
  readonly connection: Connection;
  readonly source: LogSource;
  /** What of it is wanted. */
  readonly range: Pick<LogRange, 'tailLines' | 'sinceMs' | 'previous'>;
  /** How far this run of the container is by now. */
  readonly stage: () => RunStage;
  /** Waits until something in the namespace changes, or so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
  readonly write: (lines: readonly TimedLine[]) => Promise<void>;
  /** Told in a sentence that the log cannot be had for the moment. */
  readonly onTrouble: (sentence: string) => void;
}

const AGAIN = { baseMs: 250, factor: 2, capMs: 5_000 };
/** So often the end of a log is asked for that its node does not give. */
const LAST_ATTEMPTS = 5;
/** A log that goes on for so long after its container has ended, without a line, is taken for ended, in milliseconds. */
const SILENCE_MS = 2_000;
/** A log that has ended is asked for again no sooner, in milliseconds. */
const SHORTEST_MS = 200;
/** How long the status of a container may lag behind its log, in milliseconds. */
const LAG_MS = 1_000;

/**
 * Copies a log until its container has ended, whatever happens to the way there: a connection that breaks, between here
 * and the API server or between that and the node, is taken up where it broke, without losing or repeating a line. As
 * the API server ends a log in order even if it has lost the node, what follows the end that was seen is asked for once
 * more when the container has ended.
 *
 * @returns why the log cannot be had, in one sentence; undefined if it has been copied
 */
export async function copyLog(copy: LogCopy): Promise<string | undefined> {
  const { source, stage, pause, onTrouble } = copy;
  const progress: Progress = { position: new LogPosition(), hasWritten: false, alone: undefined };
  for (let failures = 0; ;) {
    const now = stage();
    const isLast = now !== 'running';
    if (now === 'gone') return undefined;
    try {
      const end = await copyOnce(copy, progress, now);
      // A node whose logs have no times cannot be asked for the rest of one.
      const isTimeless = progress.hasWritten && !progress.position.hasBegun;
      if (end === 'ended' && (isLast || isTimeless)) return saidInstead(copy, progress);
      failures = 0;
      if (end === 'silent') continue;
      await delay(SHORTEST_MS);
      await pause(LAG_MS);
    } catch (error) {
      failures += 1;
      if (isApiError(error, 'notFound') && progress.position.hasBegun)
        return `The pod "${source.pod}" was deleted while its log was read; its end may be missing.`;
      if (!isApiError(error, 'retry') || (isLast && failures >= LAST_ATTEMPTS))
        return logProblem(source, error);
      if (failures === LAST_ATTEMPTS) onTrouble(`${logProblem(source, error)} Trying again.`);
      await pause(backoffMs(AGAIN, failures, Math.random()));
    }
  }
}

interface Progress {
  readonly position: LogPosition;
  hasWritten: boolean;
  /** The first line, kept back if it has no time, until another one shows that it belongs to a log. */
  alone: TimedLine | undefined;
}

/**
 * All that a container writes has its time. For a log that it has lost, the kubelet answers well, with one sentence of
 * its own in place of the log: `unable to retrieve container logs for containerd://…`.
 */
function saidInstead({ source }: LogCopy, { alone }: Progress): string | undefined {
  return alone === undefined ? undefined : logProblem(source, new Error(alone.bytes.toString()));
}

/** @throws ApiError */
async function copyOnce(
  { connection, source, range, stage, write }: LogCopy,
  progress: Progress,
  now: RunStage,
): Promise<'ended' | 'silent'> {
  const isLast = now !== 'running';
  const silent = new AbortController();
  let heardMs = performance.now();
  const timer = setInterval(() => {
    if (!isLast && stage() !== 'running' && performance.now() - heardMs > SILENCE_MS) silent.abort();
  }, SILENCE_MS / 4);
  const lines = new LogLines();
  progress.alone = undefined;
  const put = async (whole: readonly LogLine[]): Promise<void> => {
    heardMs = performance.now();
    const fresh = whole.map((line) => progress.position.take(line)).filter((line) => line !== undefined);
    const [first] = fresh;
    if (first === undefined) return;
    const { alone } = progress;
    progress.alone = undefined;
    if (!progress.hasWritten && alone === undefined && fresh.length === 1 && first.time === undefined) {
      // The piece that it lies in is overwritten by the next.
      progress.alone = { ...first, bytes: Buffer.from(first.bytes) };
      return;
    }
    progress.hasWritten = true;
    await write(alone === undefined ? fresh : [alone, ...fresh]);
  };
  try {
    const previous = range.previous === true || now === 'replaced';
    const wanted = { ...progress.position.begin({ ...range, previous }), follow: !isLast, timestamps: true };
    for await (const piece of readLog(connection, source, wanted, silent.signal))
      await put(lines.push(piece));
    // What is no whole line yet may be one later.
    const rest = isLast ? lines.rest() : undefined;
    if (rest !== undefined) await put([rest]);
    return 'ended';
  } catch (error) {
    if (silent.signal.aborted) return 'silent';
    throw error;
  } finally {
    clearInterval(timer);
  }
}
