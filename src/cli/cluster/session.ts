import { connect, type Connection } from '../../kube/connection.ts';
import { VERSION } from '../../runtime/version.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { writtenOptions, type ClusterOptions } from './cluster-options.ts';
import { CommandError, sentenceOf } from './command-error.ts';

/** A command's way to a cluster. */
export interface Session {
  readonly connection: Connection;
  /** What -n says, else the namespace of the context, else `default`. */
  readonly namespace: string;
  /** What a user writes after another command to reach the same: ` -n shop --context test`, or nothing. */
  readonly sameOptions: string;
}

/** The namespace where neither the user nor the context names one, as in kubectl. */
const DEFAULT_NAMESPACE = 'default';
/** Requests that run at once; watches and logs have connections of their own. */
const CONNECTIONS = 8;
/** Kubernetes' name for writes by this program: `metadata.managedFields` shows it. */
export const CLI_FIELD_MANAGER = 'jobflow-cli';

/**
 * Runs a command against a cluster, and closes the connection after it. An error that the user can mend is told as one
 * sentence and ends with exit code 1; any other is thrown.
 *
 * @param work the command; what it throws counts as above
 */
export async function withCluster(
  terminal: Terminal,
  options: ClusterOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  let connection: Connection | undefined;
  try {
    connection = await connect({
      kubeconfigPath: options.kubeconfig,
      context: options.context,
      connections: CONNECTIONS,
      userAgent: `jobflow-cli/${VERSION}`,
    });
    await work({
      connection,
      namespace: options.namespace ?? connection.namespace ?? DEFAULT_NAMESPACE,
      sameOptions: writtenOptions(options),
    });
  } catch (error) {
    const sentence = sentenceOf(error, { server: connection?.server ?? '' });
    if (sentence === undefined) throw error;
    terminal.err(`${sentence}\n`);
    terminal.end(error instanceof CommandError ? error.exitCode : EXIT_CODES.failed);
  } finally {
    await connection?.close();
  }
}
