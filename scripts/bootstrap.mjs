/*
 * The way into every task: it runs on the Node.js that is there (20 or newer) with nothing installed, installs
 * what package-lock.json asks for when that is not installed already, and runs the task under the Node.js 24
 * that came with it.
 *
 *   node scripts/bootstrap.mjs TASK [arguments]
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules', '.bin');
const NODE_24 = join(BIN, 'node');
const INSTALLED_LOCK = join(ROOT, 'node_modules', '.package-lock.json');

const TASKS = {
  demo: 'test/support/demo/main.ts',
  cluster: 'scripts/cluster.ts',
  bench: 'test/bench/main.ts',
  test: 'scripts/test.ts',
  verify: 'scripts/verify.ts',
  fix: 'scripts/fix.ts',
  schemas: 'scripts/generate-schemas.ts',
  manifests: 'scripts/generate-manifests.ts',
  image: 'scripts/image.ts',
  'test:real': 'scripts/test-real.ts',
};

const [task = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, task)) {
  fail(`Unknown task "${task}". The tasks are: ${Object.keys(TASKS).join(', ')}.`);
}
if (!isInstalled()) {
  console.error('Installing what package-lock.json asks for (npm ci) …');
  const code = await run('npm', ['ci', '--no-progress', '--loglevel=error'], { stdio: ['ignore', 2, 2] });
  if (code !== 0) fail(`npm ci ended with code ${code}: what it says above must be mended first.`);
  if (!existsSync(NODE_24)) {
    fail('npm ci brought no Node.js 24: the install script of the package "node" must be allowed to run.');
  }
}
process.exitCode = await run(NODE_24, [join(ROOT, TASKS[task]), ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}` },
});

/** npm keeps a copy of what it has installed; packages for other platforms are missing from it. */
function isInstalled() {
  if (!existsSync(NODE_24) || !existsSync(INSTALLED_LOCK)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(INSTALLED_LOCK, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' ||
      (installed[path] === undefined ? optional === true : installed[path].version === version),
  );
}

/** Runs a program, hands signals on to it, and gives its exit code (128 + number for a signal, as shells do). */
function run(command, commandArgs, options) {
  const child = spawn(command, commandArgs, { cwd: ROOT, ...options });
  // A terminal sends its Ctrl-C to the child as well: twice would cut its clean end short.
  const handed = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT'];
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => handed.includes(signal) && child.kill(signal));
  }
  // Killed by SIGKILL, npm cannot hand on anything; its children then get another parent.
  const ancestors = ancestry();
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event !== undefined && ancestry() !== ancestors) child.kill('SIGTERM');
  }, 500);
  return new Promise((resolve) => {
    child.once('error', (error) => fail(`${command} cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      clearInterval(watch);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** The parent and, where /proc tells it, the grandparent: npm may start this through a shell, or in its place. */
function ancestry() {
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
