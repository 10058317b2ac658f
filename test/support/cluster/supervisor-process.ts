/*
 * The process that holds every program of one owner. It runs in a session of its own, so that neither a
 * Ctrl-C in the owner's terminal nor a SIGKILL of the owner can leave programs behind: the closed IPC channel
 * tells it that the owner is gone, whatever ended it.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgramSpec, SupervisorReport, SupervisorRequest } from './supervisor-protocol.ts';

type Running = { spec: ProgramSpec; pid: number; ended: Promise<void> };

const directory = mkdtempSync(join(tmpdir(), 'jobflow-'));
/** In order of start, which a Map keeps: the last one started is the first to be stopped. */
const running = new Map<string, Running>();
let closing: Promise<void> | undefined;

process.on('disconnect', () => void closeAndExit());
process.on('SIGTERM', () => void closeAndExit());
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
// Whatever goes wrong here, the programs must not outlive this process.
process.on('uncaughtException', (error) => {
  report({ kind: 'answer', id: -1, error: error.stack ?? error.message });
  void closeAndExit();
});
process.on('message', (message: SupervisorRequest) => void answer(message));
report({ kind: 'opened', directory });

async function answer(request: SupervisorRequest): Promise<void> {
  try {
    const pid = await carryOut(request);
    report(pid === undefined ? { kind: 'answer', id: request.id } : { kind: 'answer', id: request.id, pid });
    if (request.kind === 'close') process.exit(0);
  } catch (error) {
    report({ kind: 'answer', id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
}

async function carryOut(request: SupervisorRequest): Promise<number | undefined> {
  switch (request.kind) {
    case 'start':
      return start(request.program);
    case 'signal':
      signalGroup(program(request.name).pid, request.signal);
      return undefined;
    case 'stop':
      await stop(running.get(request.name));
      return undefined;
    case 'close':
      await close();
      return undefined;
  }
}

function program(name: string): Running {
  const found = running.get(name);
  if (found === undefined) throw new Error(`The program ${name} is not running.`);
  return found;
}

async function start(spec: ProgramSpec): Promise<number> {
  if (closing !== undefined)
    throw new Error(`The program ${spec.name} cannot start: the cluster is being stopped.`);
  if (running.has(spec.name)) throw new Error(`The program ${spec.name} runs already.`);
  const log = openSync(spec.logFile, 'a');
  let child: ChildProcess;
  try {
    child = spawn(spec.command, spec.args, {
      cwd: spec.workingDirectory ?? directory,
      env: spec.env,
      stdio: ['ignore', log, log],
      // A group of its own, so that what the program starts itself ends with it.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const { promise: ended, resolve: markEnded } = Promise.withResolvers<undefined>();
  child.once('exit', (code, signal) => {
    running.delete(spec.name);
    if (child.pid !== undefined) {
      signalGroup(child.pid, 'SIGKILL');
      report({ kind: 'ended', name: spec.name, pid: child.pid, end: { code, signal } });
    }
    markEnded(undefined);
  });
  // Entered in the same tick as the spawn: a close that comes next must find it.
  if (child.pid !== undefined) running.set(spec.name, { spec, pid: child.pid, ended });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  if (child.pid === undefined) throw new Error(`The program ${spec.name} has no process.`);
  return child.pid;
}

async function stop(target: Running | undefined): Promise<void> {
  if (target === undefined) return;
  signalGroup(target.pid, 'SIGTERM');
  // A stopped process takes its SIGTERM only once it goes on.
  signalGroup(target.pid, 'SIGCONT');
  const kill = setTimeout(() => {
    signalGroup(target.pid, 'SIGKILL');
  }, target.spec.stopLimitMs);
  await target.ended;
  clearTimeout(kill);
}

function close(): Promise<void> {
  closing ??= (async () => {
    for (const tier of tiersLastFirst()) await Promise.all(tier.map((target) => stop(target)));
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  })();
  return closing;
}

function tiersLastFirst(): Running[][] {
  const tiers: Running[][] = [];
  for (const target of [...running.values()].reverse()) {
    const last = tiers.at(-1);
    if (last?.[0]?.spec.tier === target.spec.tier) last.push(target);
    else tiers.push([target]);
  }
  return tiers;
}

async function closeAndExit(): Promise<void> {
  await close();
  process.exit(0);
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: the group is gone already, which is what a signal that ends something wants.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function report(message: SupervisorReport): void {
  // The owner may be gone: then nobody listens, and the disconnect has started the end.
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
