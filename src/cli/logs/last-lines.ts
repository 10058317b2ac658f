import { ApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import type { PodObject } from '../cluster/pods.ts';
import { logProblem, readLog, type LogSource } from './log-request.ts';
import { failedContainers } from './pod-containers.ts';

/** The end of the log of a container that failed. */
export interface LastLines {
  readonly pod: string;
  readonly container: string;
  /** Without line ends; bytes that are no UTF-8 are shown as such. */
  readonly lines: readonly string[];
  /** One sentence, if the log cannot be had. */
  readonly problem: string | undefined;
}

/**
 * Reads the last lines of the containers of a pod that failed.
 *
 * @param count how many lines of each at most
 * @returns in the order in which the containers started; a log that cannot be had is told in its place
 */
export async function lastLinesOfFailed(
  connection: Connection,
  pod: PodObject,
  count: number,
): Promise<LastLines[]> {
  const { namespace = '', name = '' } = pod.metadata;
  return Promise.all(
    failedContainers(pod).map(({ name: container, phase }) =>
      lastLines(connection, { namespace, pod: name, container }, count, phase === 'notStarted'),
    ),
  );
}

async function lastLines(
  connection: Connection,
  source: LogSource,
  tailLines: number,
  previous: boolean,
): Promise<LastLines> {
  const { pod, container } = source;
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of readLog(connection, source, { tailLines, previous })) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString().replace(/\n$/, '');
    const lines = text === '' ? [] : text.split('\n').map((line) => line.replace(/\r$/, ''));
    return { pod, container, lines: lines.slice(-tailLines), problem: undefined };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { pod, container, lines: [], problem: logProblem(source, error) };
  }
}
