import type { UpstreamKind } from '../../api/dependency-reference.ts';
import { collectionPaths } from '../../kube/collections.ts';
import { CommandError } from '../cluster/command-error.ts';
import { assertNamespace, listIfAllowed, type NamespaceObjects } from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { EXIT_CODES } from '../terminal/terminal.ts';
import { allTargets, findTarget, readTargetWord, RESOURCES, type Target } from './target.ts';

/** What the user says of the objects that are meant. */
export interface Choice {
  /** `report`, `jobflow/etl` … */
  readonly words: readonly string[];
  /** A label selector in place of names. */
  readonly selector: string | undefined;
  /** The kinds that the command is for. A name alone is looked for among them first. */
  readonly kinds: readonly UpstreamKind[];
}

/** The objects that are meant, and a sentence for each word that means none. */
export interface Chosen {
  readonly targets: readonly Target[];
  readonly problems: readonly string[];
  readonly isBySelector: boolean;
}

/**
 * Says whether the words make sense at all.
 *
 * @throws CommandError (usage)
 */
export function assertChoice({ words, selector }: Choice): void {
  const usage = (message: string): CommandError => new CommandError(message, EXIT_CODES.usage);
  if (selector !== undefined && words.length > 0)
    throw usage('Names and -l do not go together; write one of them.');
  if (selector === undefined && words.length === 0)
    throw usage('Nothing is named; write names, such as "report" or "jobflow/etl", or labels with -l.');
  for (const word of words) readTargetWord(word);
}

/**
 * Finds the objects that are meant, each once.
 *
 * @param objects what the namespace holds
 * @throws CommandError (usage) for a word that names nothing; if the namespace does not exist
 * @throws ApiError also for labels that cannot be read
 */
export async function chooseTargets(
  session: Session,
  objects: NamespaceObjects,
  choice: Choice,
): Promise<Chosen> {
  const { words, selector, kinds } = choice;
  if (selector !== undefined) {
    const labelled = await uidsLabelled(session, selector, kinds);
    const targets = allTargets(objects, kinds).filter(({ object }) =>
      labelled.has(object.metadata.uid ?? ''),
    );
    return { targets: withoutOwned(targets), problems: [], isBySelector: true };
  }
  const targets = new Map<string, Target>();
  const problems: string[] = [];
  for (const word of words) {
    const found = findTarget(objects, readTargetWord(word), kinds);
    if (found.ok) targets.set(found.target.object.metadata.uid ?? '', found.target);
    else problems.push(found.sentence);
  }
  if (problems.length > 0 && allTargets(objects, ['job', 'jobflow', 'daemonjob']).length === 0)
    await assertNamespace(session.connection, session.namespace);
  return { targets: [...targets.values()], problems, isBySelector: false };
}

/** What belongs to something that is chosen too is left to that. */
function withoutOwned(targets: readonly Target[]): Target[] {
  const uids = new Set(targets.map(({ object }) => object.metadata.uid ?? ''));
  return targets.filter(
    ({ object }) => !(object.metadata.ownerReferences ?? []).some(({ uid }) => uids.has(uid)),
  );
}

/** Only the API server knows the grammar of selectors. */
async function uidsLabelled(
  { connection, namespace }: Session,
  labelSelector: string,
  kinds: readonly UpstreamKind[],
): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(
    kinds.map((kind) => {
      const resource = RESOURCES[kind];
      const path = collectionPaths(resource, [namespace])[0] ?? '';
      return listIfAllowed<{ readonly metadata: { readonly uid?: string } }>(connection, {
        resource,
        path,
        query: { labelSelector },
      });
    }),
  );
  return new Set(lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.uid ?? '')));
}
