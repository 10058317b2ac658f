import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** What one run of a command gave. */
export type CommandResult = { stdout: string; stderr: string; code: number };

/** Options of one run of a command. */
export type CommandOptions = {
  /** Sent to stdin. */
  input?: string;
  /** The whole environment; that of this process when absent. */
  env?: Readonly<Record<string, string | undefined>>;
  /** The folder that it starts in; that of this process when absent. */
  cwd?: string;
  /** Return a result whose code is not 0 instead of throwing. */
  allowFailure?: boolean;
  /** Receives the lines of stdout as they come. */
  onLine?: (line: string) => void;
};

/** Lines of a failed command's output that its error shows. */
const SHOWN_LINES = 40;

/** They end with this process: a kubectl that waits for a cluster which is gone would wait for ever. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Runs a command to its end, or to that of this process.
 *
 * @param name what its error calls it
 * @throws Error with the end of what it wrote when it ends with another code than 0, unless `allowFailure`
 */
export async function runCommand(
  name: string,
  [command = '', ...args]: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A command that refuses its arguments ends before it has read its input: the EPIPE says nothing more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const { onLine } = options;
  if (onLine !== undefined) {
    child.stdout.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().trimEnd().split('\n')) onLine(line);
    });
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0 && options.allowFailure !== true) {
    const shown = `${stderr}${stdout}`.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
    throw new Error(`${name} ended with code ${code}:\n${shown}`);
  }
  return { stdout, stderr, code };
}
