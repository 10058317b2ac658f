/*
 * `npm run cluster -- up [--nodes N] [--certificates MODE] | status | down`: a cluster in the background with jobflow running in it, for
 * trying things by hand.
 */
import './end-with-parent.ts';
import { fork } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import type { JobflowOptions } from '../test/support/cluster/jobflow.ts';
import { isRunning } from '../test/support/cluster/process-identity.ts';
import type { ProcessIdentity } from '../test/support/cluster/process-identity.ts';
import { waitUntil } from '../test/support/cluster/wait-until.ts';
import { CLUSTER_FILES, readProcess, removeClusterFolder } from './cluster-files.ts';
import type { OwnerReport } from './cluster-owner.ts';
import { runTool } from './run-tool.ts';

const USAGE = 'Usage: npm run cluster -- up [--nodes N] [--certificates files|self-signed] | status | down';
const MOST_NODES = 1_000;
const END_LIMIT_MS = 60_000;

type Certificates = NonNullable<JobflowOptions['certificates']>;
type Command =
  | { kind: 'up'; nodes: number; certificates: Certificates }
  | { kind: 'status' }
  | { kind: 'down' }
  | { kind: 'refused'; why: string };

process.exitCode = await carryOut(readCommand(process.argv.slice(2)));

async function carryOut(command: Command): Promise<number> {
  switch (command.kind) {
    case 'up':
      return up(command.nodes, command.certificates);
    case 'status':
      return status();
    case 'down':
      return down();
    case 'refused':
      console.error(`${command.why}\n${USAGE}`);
      return 2;
  }
}

function readCommand(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { nodes: { type: 'string' }, certificates: { type: 'string' } },
    });
    const [name, ...more] = positionals;
    if (more.length > 0) return { kind: 'refused', why: `Unexpected argument: ${more.join(' ')}` };
    if (name === 'up') return readUp(values.nodes ?? '3', values.certificates ?? 'files');
    for (const flag of ['nodes', 'certificates'] as const) {
      if (values[flag] !== undefined) return { kind: 'refused', why: `Only up takes --${flag}.` };
    }
    if (name === 'status' || name === 'down') return { kind: name };
    return { kind: 'refused', why: name === undefined ? 'No command given.' : `Unknown command: ${name}` };
  } catch (error) {
    return { kind: 'refused', why: error instanceof Error ? error.message : String(error) };
  }
}

function readUp(nodes: string, certificates: string): Command {
  if (certificates !== 'files' && certificates !== 'self-signed') {
    return { kind: 'refused', why: `--certificates ${certificates}: files or self-signed is needed.` };
  }
  const count = Number(nodes);
  if (/^\d+$/.test(nodes) && count >= 1 && count <= MOST_NODES) {
    return { kind: 'up', nodes: count, certificates };
  }
  return { kind: 'refused', why: `--nodes ${nodes}: a whole number from 1 to ${MOST_NODES} is needed.` };
}

async function up(nodes: number, certificates: Certificates): Promise<number> {
  const owner = await liveProcess(CLUSTER_FILES.owner);
  if (owner !== undefined && existsSync(CLUSTER_FILES.env)) {
    console.log(`The cluster is up already. ${howToUse()}`);
    return 0;
  }
  if (owner !== undefined) {
    console.error(
      `The cluster is being started or stopped by process ${owner.pid}: wait for it, or take it down.`,
    );
    return 1;
  }
  // What a killed owner has left, in case its programs are still ending.
  await down({ quiet: true });
  return startOwner(nodes, certificates);
}

async function startOwner(nodes: number, certificates: Certificates): Promise<number> {
  const startedAt = performance.now();
  mkdirSync(CLUSTER_FILES.folder, { recursive: true });
  const log = openSync(CLUSTER_FILES.log, 'a');
  const owner = fileURLToPath(new URL('./cluster-owner.ts', import.meta.url));
  const child = fork(owner, [String(nodes), certificates], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    execArgv: [],
  });
  closeSync(log);
  console.log(`Starting a cluster with ${nodes} node${nodes === 1 ? '' : 's'} …`);
  // A Ctrl-C ends this process, which closes the channel, at which the owner takes everything down again.
  return new Promise((resolve) => {
    let failure: string | undefined;
    child.on('message', (report: OwnerReport) => {
      switch (report.kind) {
        case 'line':
          console.log(report.line);
          return;
        case 'ready':
          console.log(`Up after ${((performance.now() - startedAt) / 1_000).toFixed(1)} s. ${howToUse()}`);
          child.unref();
          resolve(0);
          return;
        case 'failed':
          failure = report.message;
      }
    });
    child.once('error', (error) => {
      failure = error.message;
    });
    child.once('exit', () => {
      const why = failure ?? lastWords();
      void cleanUpUnlessOwned().then(() => {
        console.error(`The cluster did not start; nothing of it is left.\n${why}`);
        resolve(1);
      });
    });
  });
}

/** When two commands start at once, the folder is the first one's. */
async function cleanUpUnlessOwned(): Promise<void> {
  if ((await liveProcess(CLUSTER_FILES.owner)) === undefined) await down({ quiet: true });
}

/** What a process in the background wrote that ended without a report. */
function lastWords(): string {
  if (!existsSync(CLUSTER_FILES.log)) return 'It was taken down meanwhile.';
  return readFileSync(CLUSTER_FILES.log, 'utf8').split('\n').slice(-20).join('\n');
}

async function status(): Promise<number> {
  const owner = await liveProcess(CLUSTER_FILES.owner);
  if (owner === undefined) {
    console.log('The cluster is down.');
    return 0;
  }
  if (!existsSync(CLUSTER_FILES.env)) {
    console.log(`The cluster is being started or stopped (process ${owner.pid}).`);
    return 0;
  }
  console.log(`The cluster is up (process ${owner.pid}). ${howToUse()}\n`);
  return runTool('sh', [
    '-c',
    `. '${CLUSTER_FILES.env.replaceAll("'", `'\\''`)}' && kubectl cluster-info | head -n 1 && kubectl get nodes && kubectl get jobs --all-namespaces`,
  ]);
}

async function down({ quiet = false } = {}): Promise<number> {
  const owner = await liveProcess(CLUSTER_FILES.owner);
  const supervisor = await liveProcess(CLUSTER_FILES.supervisor);
  if (owner !== undefined) {
    process.kill(owner.pid, 'SIGTERM');
    await untilEnded(owner);
  }
  // It notices by itself that its owner is gone, and ends the programs.
  if (supervisor !== undefined) await untilEnded(supervisor);
  await removeClusterFolder();
  if (!quiet) console.log(owner === undefined ? 'The cluster is down already.' : 'The cluster is down.');
  return 0;
}

async function untilEnded(identity: ProcessIdentity): Promise<void> {
  try {
    await waitUntil(`process ${identity.pid} to end`, async () => !(await isRunning(identity)), {
      limitMs: END_LIMIT_MS,
    });
  } catch (error) {
    process.kill(identity.pid, 'SIGKILL');
    throw error;
  }
}

async function liveProcess(path: string): Promise<ProcessIdentity | undefined> {
  const identity = await readProcess(path);
  return identity !== undefined && (await isRunning(identity)) ? identity : undefined;
}

function howToUse(): string {
  return `To use it: . ${CLUSTER_FILES.env}`;
}
