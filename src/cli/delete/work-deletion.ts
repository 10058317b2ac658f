import { ApiError, isApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { sentenceOf } from '../cluster/command-error.ts';
import { readNamespace } from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { chooseTargets, type Choice } from '../targets/choose-targets.ts';
import { dryRunSuffix, type DryRun } from '../targets/dry-run.ts';
import { describeTarget, targetPath, type Target } from '../targets/target.ts';
import { writtenObjects } from '../targets/written-object.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { planDeletion, type Cascade, type Deletion } from './plan-deletion.ts';
import { listDeletions, remarksOn, tellDeletion } from './tell-deletion.ts';
import { untilGone } from './until-gone.ts';

/** One run of `jobflow delete`. */
export interface DeletionWork {
  readonly choice: Choice;
  readonly cascade: Cascade;
  /** Without asking. */
  readonly yes: boolean;
  /** Whether to wait until the objects are gone; for so long at most, in milliseconds, unless undefined. */
  readonly wait: boolean;
  readonly limitMs: number | undefined;
  readonly dryRun: DryRun;
  /** What is not there is no failure. */
  readonly ignoreNotFound: boolean;
  /** Print names in place of sentences. */
  readonly namesOnly: boolean;
}

/**
 * Deletes what is meant, after it has said what goes with it and who waits for it, and asked. States the exit code.
 *
 * @throws CommandError (usage) if nobody can be asked
 * @throws ApiError if nothing answers, or nothing can be read
 */
export async function workDeletion(session: Session, terminal: Terminal, work: DeletionWork): Promise<void> {
  const { connection, namespace } = session;
  const { choice, cascade, dryRun, namesOnly } = work;
  const objects = await readNamespace(connection, namespace);
  const { targets, problems, isBySelector } = await chooseTargets(session, objects, choice);
  if (isBySelector && targets.length === 0)
    terminal.err(`Nothing in namespace "${namespace}" has these labels.\n`);
  const missing = work.ignoreNotFound ? [] : problems;
  for (const problem of missing) terminal.err(`${problem}\n`);
  if (missing.length > 0) terminal.end(EXIT_CODES.failed);
  if (targets.length === 0) return;
  const plan = planDeletion(targets, viewNamespace(objects, connection.serverTimeMs()), cascade);
  const asks = !work.yes && dryRun === 'none';
  if (asks) terminal.err(listDeletions(plan, cascade));
  terminal.err(remarksOn(plan));
  const question = plan.deletions.length === 1 ? 'Delete it?' : `Delete these ${plan.deletions.length}?`;
  if (asks && !(await confirm(terminal, question, false))) {
    terminal.err('Nothing is deleted.\n');
    terminal.end(EXIT_CODES.failed);
    return;
  }
  const deleted: Target[] = [];
  for (const deletion of plan.deletions) {
    const { target } = deletion;
    const problem = dryRun === 'client' ? undefined : await deleteOne(connection, deletion, work);
    if (problem !== undefined) {
      terminal.err(`${problem}\n`);
      terminal.end(EXIT_CODES.failed);
      continue;
    }
    deleted.push(target);
    terminal.out(
      namesOnly
        ? writtenObjects([target], 'name')
        : `${tellDeletion(deletion, cascade)}${dryRunSuffix(dryRun)}\n`,
    );
  }
  if (!work.wait || dryRun !== 'none') return;
  const tell = (sentence: string): void => {
    terminal.err(`${sentence}\n`);
  };
  const result = await untilGone(deleted, { connection, limitMs: work.limitMs, tell });
  if (result.kind === 'gone') return;
  for (const target of result.remaining)
    tell(
      `${describeTarget(target)} is still there after the time given by --timeout; it goes on being deleted.`,
    );
  terminal.end(EXIT_CODES.timeout);
}

const POLICIES: Readonly<Record<Cascade, string>> = {
  background: 'Background',
  foreground: 'Foreground',
  orphan: 'Orphan',
};

/** @returns why it could not be deleted, in one sentence */
async function deleteOne(
  connection: Connection,
  { target }: Deletion,
  { cascade, dryRun }: DeletionWork,
): Promise<string | undefined> {
  const { uid } = target.object.metadata;
  try {
    await connection.request({
      method: 'DELETE',
      path: targetPath(target),
      // Where there is a body, the query does not count. Only the object that was shown, and none that has taken its name meanwhile.
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: POLICIES[cascade],
        preconditions: { uid },
        ...(dryRun === 'server' && { dryRun: ['All'] }),
      },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === undefined) throw error;
    if (isApiError(error, 'notFound')) return undefined;
    const name = describeTarget(target);
    if (isApiError(error, 'conflict'))
      return `${name} has been created anew meanwhile, and is left alone; delete it again if you mean the new one.`;
    return `${name}: ${sentenceOf(error, { server: connection.server }) ?? error.message}`;
  }
}
