import { CommandError } from '../cluster/command-error.ts';
import { assertNamespace, readAllNamespaces, readNamespace, type Unread } from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { notThere } from '../view/not-there.ts';
import type { DependencyGraph } from './dependency-graph.ts';
import { graphOfFlow, graphOfView } from './graph-of-view.ts';

/** The graphs of a cluster, and what could not be read of it. */
export interface ReadGraphs {
  /** By namespace; none without nodes. */
  readonly graphs: readonly DependencyGraph[];
  readonly unread: readonly Unread[];
}

/**
 * Reads the graph of a JobFlow.
 *
 * @param name its name, without its kind
 * @throws CommandError if there is none of that name
 * @throws ApiError
 */
export async function readFlowGraph({ connection, namespace }: Session, name: string): Promise<ReadGraphs> {
  const objects = await readNamespace(connection, namespace);
  const view = viewNamespace(objects, connection.serverTimeMs());
  if (!view.flows.has(name)) {
    await assertNamespace(connection, namespace);
    const reason = objects.unread.find(({ resource }) => resource === 'jobflows');
    if (reason !== undefined) throw new CommandError(reason.sentence);
    throw new CommandError(notThere(`JobFlow "${name}"`, name, namespace, view.flows.keys()));
  }
  return { graphs: [graphOfFlow(view, name, objects.unread)], unread: objects.unread };
}

/**
 * Reads the graphs of a namespace, or of all.
 *
 * @throws CommandError if there is no such namespace
 * @throws ApiError
 */
export async function readGraphs(
  { connection, namespace }: Session,
  { allNamespaces }: { readonly allNamespaces: boolean },
): Promise<ReadGraphs> {
  const all = allNamespaces
    ? await readAllNamespaces(connection)
    : [await readNamespace(connection, namespace)];
  const graphs = all
    .map((objects) => {
      const view = viewNamespace(objects, connection.serverTimeMs());
      return graphOfView(view, { unread: objects.unread });
    })
    .filter(({ nodes }) => nodes.size > 0);
  if (graphs.length === 0 && !allNamespaces) await assertNamespace(connection, namespace);
  return { graphs, unread: all[0]?.unread ?? [] };
}
