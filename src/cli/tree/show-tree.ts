import { CommandError } from '../cluster/command-error.ts';
import { podsOf, type PodObject } from '../cluster/pods.ts';
import { assertNamespace, listIfAllowed, readNamespace } from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { apiPath } from '../../kube/connection.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { timeText } from '../view/api-time.ts';
import { parseKindAndName } from '../view/kind-words.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { notThere, severalNamed } from '../view/not-there.ts';
import { drawTree } from './draw-tree.ts';
import { describeNamed, OwnerTrees, TREE_KINDS, type CronJobObject, type TreeNode } from './owner-tree.ts';

/** What is asked for. */
export interface TreeRequest {
  /** `load`, `job/load`, `cronjob/nightly`. */
  readonly word: string;
  readonly output: 'tree' | 'json';
}

/**
 * Shows the tree that an object is in: its topmost owner, and all that this owns.
 *
 * @throws CommandError if there is no such object, or several kinds bear the name
 * @throws ApiError
 */
export async function showTree(
  session: Session,
  { word, output }: TreeRequest,
  terminal: Terminal,
): Promise<void> {
  const { connection, namespace } = session;
  const asked = parseKindAndName(word, TREE_KINDS);
  if (asked === undefined)
    throw new CommandError(
      `"${word}" names no Job, JobFlow, DaemonJob, CronJob or Pod; write NAME or KIND/NAME.`,
      EXIT_CODES.usage,
    );
  const [objects, cronJobs, pods] = await Promise.all([
    readNamespace(connection, namespace),
    listIfAllowed<CronJobObject>(connection, {
      resource: 'cronjobs',
      path: apiPath`/apis/batch/v1/namespaces/${namespace}/cronjobs`,
    }),
    listIfAllowed<PodObject>(connection, podsOf({ namespace })),
  ]);
  const nowMs = connection.serverTimeMs();
  const view = viewNamespace(objects, nowMs);
  const trees = new OwnerTrees({ objects, view, cronJobs: cronJobs.items, pods: pods.items });
  const unread = [...objects.unread, cronJobs.unread, pods.unread].filter((each) => each !== undefined);
  for (const { because, sentence } of unread) if (because === 'forbidden') terminal.err(`${sentence}\n`);
  const [found, other, ...others] = trees.find(asked);
  if (found === undefined) {
    await assertNamespace(connection, namespace);
    throw new CommandError(notThere(describeNamed(asked), asked.name, namespace, trees.names()));
  }
  if (other !== undefined) {
    const kinds = [found, other, ...others].map(({ kind }) => kind);
    throw new CommandError(severalNamed(asked.name, kinds));
  }
  const root = trees.treeOf(found.kind, found.name);
  if (output === 'json') terminal.out(`${JSON.stringify(forPrograms(root), undefined, 2)}\n`);
  else {
    const lines = drawTree(root, { named: `${found.kind}/${found.name}`, nowMs, terminal });
    terminal.out(lines.map((line) => `${line}\n`).join(''));
  }
}

/** A node without what only drawings need. */
function forPrograms({
  kind,
  name,
  uid,
  state,
  restarts,
  node,
  createdMs,
  message,
  children,
}: TreeNode): object {
  const created = timeText(createdMs);
  return { kind, name, uid, state, restarts, node, created, message, children: children.map(forPrograms) };
}
