import { describeReference } from '../../api/dependency-reference.ts';
import { ApiError, isApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { sentenceOf } from '../cluster/command-error.ts';
import { readNamespace } from '../cluster/read-objects.ts';
import { CLI_FIELD_MANAGER, type Session } from '../cluster/session.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { chooseTargets, type Choice } from '../targets/choose-targets.ts';
import { dryRunQuery, dryRunSuffix, type DryRun } from '../targets/dry-run.ts';
import { patchBody, withEdits, withTargets, type GateDecision, type GateEdit } from './gate-edit.ts';
import { seeTarget, type SeenTarget } from './seen-target.ts';
import { describeTarget, referenceTo, targetPath, type Target } from '../targets/target.ts';
import { tellEdit, type GateVerb } from './tell-edit.ts';
import { writtenObjects, type ObjectForm } from '../targets/written-object.ts';

/** One run of a command that opens or shuts gates. */
export interface GateWork {
  readonly verb: GateVerb;
  readonly choice: Choice;
  /** Pure; asked again if an object changes between the look at it and the write. */
  readonly decide: (seen: SeenTarget) => GateDecision;
  readonly dryRun: DryRun;
  /** Prints the objects in place of what was done. */
  readonly output: ObjectForm | undefined;
}

/** How often an object is decided on anew that changes all the time. */
const ATTEMPTS = 5;
/** Objects that are written at the same time; the connection has as many sockets. */
const AT_ONCE = 8;

/**
 * Decides about every object that is meant, writes what is to be written, and says of each what was done and what
 * happens next. What cannot be done to one object does not stop the others. States exit code 1 if anything could not be
 * done; what labels find and cannot be done is only told.
 *
 * @throws ApiError if nothing answers, or nothing can be read
 */
export async function workGates(session: Session, terminal: Terminal, work: GateWork): Promise<void> {
  const { dryRun, output, choice } = work;
  const results = await workOnce(session, work, () => true);
  for (let attempt = 2; attempt <= ATTEMPTS; attempt += 1) {
    const changed = [...results].flatMap(([reference, { kind }]) => (kind === 'changed' ? [reference] : []));
    if (changed.length === 0) break;
    const again = await workOnce(session, work, (target) => changed.includes(referenceTo(target)));
    for (const reference of changed) results.set(reference, again.get(reference) ?? goneMeanwhile(reference));
  }
  const done = [...results.values()];
  const isBySelector = choice.selector !== undefined;
  if (done.length === 0) terminal.err(`Nothing in namespace "${session.namespace}" has these labels.\n`);
  for (const result of done) {
    if (result.kind === 'written' || result.kind === 'nothing') {
      const suffix = result.kind === 'written' ? dryRunSuffix(dryRun) : '';
      if (output === undefined) terminal.out(`${result.sentence}${suffix}\n`);
    } else terminal.err(`${result.sentence}\n`);
  }
  const shown = done.flatMap((result) =>
    result.kind === 'written' || result.kind === 'nothing' ? [result.target] : [],
  );
  if (output !== undefined) terminal.out(writtenObjects(shown, output));
  const fails = done.some(({ kind }) => kind === 'failed' || (!isBySelector && FAILURES.has(kind)));
  terminal.end(fails ? EXIT_CODES.failed : EXIT_CODES.ok);
}

/** What became of one object; `sentence` says it. */
type Result =
  | { readonly kind: 'written' | 'nothing' | 'refused'; readonly sentence: string; readonly target: Target }
  /** There is none of that name; it changed meanwhile; the API server refused. */
  | { readonly kind: 'missing' | 'changed' | 'failed'; readonly sentence: string };

const FAILURES: ReadonlySet<Result['kind']> = new Set(['missing', 'refused', 'changed', 'failed']);

async function workOnce(
  session: Session,
  work: GateWork,
  isMeant: (target: Target) => boolean,
): Promise<Map<string, Result>> {
  const { connection, namespace, sameOptions } = session;
  const objects = await readNamespace(connection, namespace);
  const nowMs = connection.serverTimeMs();
  const view = viewNamespace(objects, nowMs);
  const chosen = await chooseTargets(session, objects, work.choice);
  const decided = chosen.targets.filter(isMeant).map((target) => {
    const seen = seeTarget(target, view, sameOptions);
    return { target, seen, decision: work.decide(seen) };
  });
  const edited = decided.flatMap(({ target, decision }) =>
    decision.kind === 'edit' ? [withEdits(target, decision.edits)] : [],
  );
  const after = viewNamespace(withTargets(objects, edited), nowMs);
  const results = new Map<string, Result>(
    chosen.problems.map((sentence) => [sentence, { kind: 'missing', sentence }]),
  );
  for (const { target } of decided) results.set(referenceTo(target), UNDECIDED);
  const waiting = decided.values();
  const worker = async (): Promise<void> => {
    for (const { target, seen, decision } of waiting) {
      const write = async (edits: readonly GateEdit[]): Promise<Result> => {
        const written = await writeEdits(connection, target, edits, work);
        if (written instanceof ApiError) return resultOf(written, target, connection.server);
        const then = seeTarget(withEdits(target, edits), after, sameOptions);
        return { kind: 'written', sentence: tellEdit(work.verb, seen, then), target: written };
      };
      const result = decision.kind === 'edit' ? await write(decision.edits) : { ...decision, target };
      results.set(referenceTo(target), result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

const UNDECIDED: Result = { kind: 'changed', sentence: '' };

/** @returns the object as written, or why it could not be */
async function writeEdits(
  connection: Connection,
  target: Target,
  edits: readonly GateEdit[],
  { verb, dryRun }: GateWork,
): Promise<Target | ApiError> {
  if (dryRun === 'client') return withEdits(target, edits);
  let written = target;
  // A dry run leaves nothing behind that a second write could be tried on.
  for (const edit of dryRun === 'server' ? edits.slice(0, 1) : edits) {
    try {
      const object = await connection.request({
        method: 'PATCH',
        path: targetPath(target),
        query: { fieldManager: `${CLI_FIELD_MANAGER}-${verb}`, ...dryRunQuery(dryRun) },
        body: patchBody(written.object.metadata, edit),
      });
      written = { ...target, object } as Target;
    } catch (error) {
      if (error instanceof ApiError && error.status !== undefined) return error;
      throw error;
    }
  }
  return written;
}

function resultOf(error: ApiError, target: Target, server: string): Result {
  const name = describeTarget(target);
  if (isApiError(error, 'conflict'))
    return { kind: 'changed', sentence: `${name} changes all the time; try again in a moment.` };
  if (isApiError(error, 'notFound')) return goneMeanwhile(referenceTo(target));
  return { kind: 'failed', sentence: `${name}: ${sentenceOf(error, { server }) ?? error.message}` };
}

function goneMeanwhile(reference: string): Result {
  return { kind: 'missing', sentence: `${describeReference(reference)} has been deleted meanwhile.` };
}
