#!/usr/bin/env node
/*
 * The program `jobflow`. Called as `kubectl-jobflow` it is kubectl's plugin `kubectl jobflow`
 * (https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/), as `kubectl_complete-jobflow` what completes its words.
 */
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { buffer } from 'node:stream/consumers';
import { COMPLETE_WORD } from './completion/shell-scripts.ts';
import { runProgram } from './program.ts';
import { showsColour, type TerminalSize } from './terminal/terminal.ts';

// Whoever reads the output has had enough, as in `jobflow lint … | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
}

let draining: Promise<unknown> | undefined;

const called = basename(process.argv[1] ?? '');
// Under this name kubectl asks how the words after `kubectl jobflow` may go on (https://github.com/kubernetes/kubernetes/pull/105867).
const asked = called.startsWith('kubectl_complete-jobflow') ? [COMPLETE_WORD] : [];
const words = [...asked, ...process.argv.slice(2)];
const name = called.startsWith('kubectl-jobflow') ? 'kubectl jobflow' : 'jobflow';
process.exitCode = await runProgram(name, words, {
  out: (text) => process.stdout.write(text),
  outBytes: writeBytes,
  err: (text) => process.stderr.write(text),
  readInput: () => buffer(process.stdin),
  colour: showsColour(process.stdout.isTTY, process.env),
  size: sizeOfOutput,
  interruption: firstInterruption,
  ask: process.stdin.isTTY ? askPerson : undefined,
});
// A shell that waits for an answer does not wait for what the kubeconfig has started for it.
if (words[0] === COMPLETE_WORD) process.exit();

async function writeBytes(bytes: Uint8Array): Promise<void> {
  if (process.stdout.write(bytes)) return;
  // However many wait for it, they are one listener.
  draining ??= once(process.stdout, 'drain').finally(() => {
    draining = undefined;
  });
  await draining;
}

function sizeOfOutput(): TerminalSize | undefined {
  const { isTTY, columns, rows } = process.stdout;
  // A terminal that nobody looks at, such as that of a build, has no size.
  return isTTY && columns > 0 && rows > 0 ? { columns, rows } : undefined;
}

function firstInterruption(): AbortSignal {
  const interrupted = new AbortController();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const interrupt = (): void => {
    // The next one does what it does without a listener.
    for (const signal of signals) process.off(signal, interrupt);
    interrupted.abort();
  };
  for (const signal of signals) process.on(signal, interrupt);
  return interrupted.signal;
}

/** The question is no part of the output. */
function askPerson(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    lines.question(question, (line) => {
      resolve(line);
      lines.close();
    });
    // Ctrl-C would only pause it.
    lines.once('SIGINT', () => {
      lines.close();
    });
    lines.once('close', () => {
      resolve('');
    });
  });
}
