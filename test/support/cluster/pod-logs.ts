import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/*
 * Logs of pods that do not run. kwok plays the kubelets' servers too, and gives for a container's log what is in a file
 * (https://kwok.sigs.k8s.io/docs/user/logs-configuration/): for most containers always the same, for a few names what a
 * test writes there.
 */

/** Containers of these names have a log of their own, once a test writes one; all pods with such a container share it. */
export const LOGGED_CONTAINERS = Array.from({ length: 9 }, (_, index) => `log-${index + 1}`);

/** What any other container says. */
export const SIMULATED = 'This container is simulated: no program ran in it.';

/** kwok's object that says where the logs are. */
export function kwokLogs(folder: string): object {
  const own = LOGGED_CONTAINERS.map((name) => ({
    containers: [name],
    logsFile: logFile(folder, name),
    previousLogsFile: logFile(folder, `${name}.previous`),
  }));
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'ClusterLogs',
    metadata: { name: 'logs' },
    spec: { logs: [...own, { logsFile: logFile(folder, 'simulated') }] },
  };
}

/** Writes the log that most containers share. */
export async function writeSharedLog(folder: string, nowMs: number): Promise<void> {
  await writeFile(logFile(folder, 'simulated'), logEntry(nowMs, SIMULATED));
}

/**
 * Adds to the log of one of the {@link LOGGED_CONTAINERS}, as container runtimes do
 * (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md).
 *
 * @param entries of {@link logEntry}
 */
export async function addToLog(
  folder: string,
  container: string,
  ...entries: readonly Buffer[]
): Promise<void> {
  await appendFile(logFile(folder, container), Buffer.concat(entries));
}

/**
 * One entry of a log.
 *
 * @param timeMs when it was written, in milliseconds since the epoch
 * @param text what was written, without a line feed
 * @param isPart the line goes on in the next entry
 */
export function logEntry(timeMs: number, text: string | Uint8Array, isPart = false): Buffer {
  const time = new Date(timeMs).toISOString().replace('Z', '000001Z');
  return Buffer.concat([
    Buffer.from(`${time} stdout ${isPart ? 'P' : 'F'} `),
    Buffer.from(text),
    Buffer.from('\n'),
  ]);
}

function logFile(folder: string, name: string): string {
  return join(folder, `${name}.log`);
}
