import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../cluster/command-error.ts';
import { followAllNamespaces, followNamespace, type ContactChange } from '../cluster/follow-namespace.ts';
import {
  assertNamespace,
  readAllNamespaces,
  readNamespace,
  type NamespaceObjects,
} from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { EXIT_CODES, type ExitCode, type Terminal } from '../terminal/terminal.ts';
import { flowState } from '../view/concerned-parts.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { hasEnded } from '../view/part-view.ts';
import { statusLines, type StatusForm } from './print-status.ts';
import { findNamed, selectParts, type Section, type Selection } from './select-parts.ts';
import { statusScreen } from './watch-status.ts';

/** What is to be shown, and how. */
export interface StatusRequest {
  /** What the user has named. */
  readonly words: readonly string[];
  readonly selection: Omit<Selection, 'names'>;
  readonly form: StatusForm;
  readonly allNamespaces: boolean;
  readonly watch: boolean;
  /** The exit code tells how the Jobs stand. */
  readonly tellsByCode: boolean;
}

/** Times are shown in seconds. */
const REDRAW_MS = 1_000;
/** Changes within so many milliseconds are shown together. */
const GATHER_MS = 100;

/**
 * Shows the status of Jobs, once or until Ctrl-C.
 *
 * @throws CommandError if something named is not there
 * @throws ApiError
 */
export async function showStatus(
  session: Session,
  request: StatusRequest,
  terminal: Terminal,
): Promise<void> {
  const sections = request.watch
    ? await watch(session, request, terminal)
    : await showOnce(session, request, terminal);
  if (request.tellsByCode) terminal.end(codeOf(sections));
}

async function showOnce(session: Session, request: StatusRequest, terminal: Terminal): Promise<Section[]> {
  const { connection, namespace } = session;
  const all = request.allNamespaces
    ? await readAllNamespaces(connection)
    : [await readNamespace(connection, namespace)];
  const nowMs = connection.serverTimeMs();
  const names = await namesMeant(session, request, all);
  const sections = sectionsOf(all, { ...request.selection, names }, nowMs);
  tellUnread(all, request, terminal);
  const isEmpty = sections.every(({ flow, parts }) => flow === undefined && parts.length === 0);
  if (isEmpty) terminal.err(`${await emptySentence(session, request, all)}\n`);
  if (!isEmpty || isForPrograms(request.form))
    terminal.out(
      statusLines(sections, request.form, { nowMs, terminal })
        .map((line) => `${line}\n`)
        .join(''),
    );
  return sections;
}

async function watch(session: Session, request: StatusRequest, terminal: Terminal): Promise<Section[]> {
  const { connection, namespace } = session;
  const interrupted = terminal.interruption();
  const screen = statusScreen(request.form, terminal);
  let changed = Promise.withResolvers<undefined>();
  const onChange = (): void => {
    changed.resolve(undefined);
  };
  interrupted.addEventListener('abort', onChange);
  const onContact = (change: ContactChange): void => {
    screen.tellContact(change);
    onChange();
  };
  const options = { connection, onChange, onContact };
  const followed = request.allNamespaces
    ? await followAllNamespaces(options)
    : await followNamespace({ ...options, namespace });
  try {
    const read = (): readonly NamespaceObjects[] => [followed.objects()].flat();
    const names = await namesMeant(session, request, read());
    tellUnread(read(), request, terminal);
    for (;;) {
      changed = Promise.withResolvers();
      const startedMs = performance.now();
      const nowMs = connection.serverTimeMs();
      const sections = sectionsOf(read(), { ...request.selection, names }, nowMs);
      const isLast = interrupted.aborted;
      if (isLast) screen.beginLast();
      screen.show(sections, nowMs);
      if (isLast) return sections;
      const tookMs = performance.now() - startedMs;
      await Promise.race([changed.promise, delay(REDRAW_MS, undefined, { ref: false })]);
      // Thousands of Jobs take a while to look at: others need the machine too.
      await delay(Math.max(GATHER_MS, 2 * tookMs));
    }
  } finally {
    await followed.stop();
  }
}

/** @throws CommandError if something named is not there */
async function namesMeant(
  { connection, namespace }: Session,
  { words }: StatusRequest,
  [objects]: readonly NamespaceObjects[],
): Promise<string[]> {
  if (words.length === 0 || objects === undefined) return [];
  try {
    return findNamed(viewNamespace(objects, connection.serverTimeMs()), words);
  } catch (error) {
    await assertNamespace(connection, namespace);
    const unread = objects.unread.map(({ sentence }) => sentence);
    if (!(error instanceof CommandError) || unread.length === 0) throw error;
    throw new CommandError([error.message, ...unread].join('\n'), error.exitCode);
  }
}

function sectionsOf(all: readonly NamespaceObjects[], selection: Selection, nowMs: number): Section[] {
  return all.flatMap((objects) => selectParts(viewNamespace(objects, nowMs), objects, selection));
}

/** JobFlows that are not installed are nothing that a user of Jobs has to know of. */
function tellUnread(
  [objects]: readonly NamespaceObjects[],
  { form }: StatusRequest,
  terminal: Terminal,
): void {
  if (isForPrograms(form)) return;
  for (const { because, sentence } of objects?.unread ?? [])
    if (because === 'forbidden') terminal.err(`${sentence}\n`);
}

function isForPrograms({ output }: StatusForm): boolean {
  return output === 'json' || output === 'yaml';
}

async function emptySentence(
  { connection, namespace }: Session,
  { allNamespaces, selection }: StatusRequest,
  all: readonly NamespaceObjects[],
): Promise<string> {
  const jobs = all.reduce((sum, objects) => sum + objects.jobs.length, 0);
  const where = allNamespaces ? 'any namespace' : `namespace "${namespace}"`;
  if (!allNamespaces && jobs === 0) await assertNamespace(connection, namespace);
  if (selection.isLabelled !== undefined)
    return `No Job of ${where} that jobflow has to do with has such labels.`;
  if (selection.all || jobs === 0) return `There is no Job in ${where}.`;
  return `There is no annotated Job, JobFlow or DaemonJob in ${where}; --all shows ${jobs === 1 ? 'the Job' : `the ${jobs} Jobs`} that it has.`;
}

function codeOf(sections: readonly Section[]): ExitCode {
  const states = sections.flatMap(({ flow, parts }) => [
    ...(flow === undefined ? [] : [{ state: flowState(flow.record) }]),
    ...parts,
  ]);
  if (states.some(({ state }) => state === 'Failed')) return EXIT_CODES.failed;
  return states.every(hasEnded) ? EXIT_CODES.ok : EXIT_CODES.notEnded;
}
