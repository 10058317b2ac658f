import { depthsOf } from './part-depths.ts';
import type { RunPart } from './run-progress.ts';

/** One line of a tree. */
export interface TreeLine<T> {
  readonly node: T;
  /** What is drawn before its name: `│  └─ `. */
  readonly branch: string;
}

/** What stands in a tree. */
export interface TreeNode {
  readonly name: string;
  /** What it waits for, by name. */
  readonly upstreams: readonly string[];
  /** What it stands under if it waits for nothing that is there: the JobFlow that makes it. */
  readonly under: string | undefined;
}

/**
 * Draws what waits for what as a tree: each stands once, under the one of its upstreams that comes last, or if that one is
 * not shown, under what that one stands under.
 *
 * @param nodes all of them, in their order
 * @param isShown which to draw
 */
export function treeLines<T extends TreeNode>(
  nodes: readonly T[],
  isShown: (node: T) => boolean,
): TreeLine<T>[] {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const depths = depthsOf(nodes);
  const parentOf = (node: T): T | undefined => {
    const upstreams = node.upstreams
      .map((name) => byName.get(name))
      .filter((upstream) => upstream !== undefined);
    const [first, ...others] = upstreams;
    if (first === undefined) return node.under === undefined ? undefined : byName.get(node.under);
    const depthOf = ({ name }: T): number => depths.get(name) ?? 0;
    const last = others.reduce(
      (best, upstream) => (depthOf(upstream) > depthOf(best) ? upstream : best),
      first,
    );
    // On a cycle everything is under everything.
    return depthOf(last) < depthOf(node) ? last : undefined;
  };
  const children = new Map<T | undefined, T[]>();
  const isMade = ({ under, upstreams }: T): boolean => under !== undefined && upstreams.length === 0;
  // What a JobFlow makes comes before what waits for it.
  for (const node of [...nodes.filter(isMade), ...nodes.filter((each) => !isMade(each))]) {
    if (!isShown(node)) continue;
    let parent = parentOf(node);
    while (parent !== undefined && !isShown(parent)) parent = parentOf(parent);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  return drawn(children);
}

/** Without recursion: a chain may be as long as there are Jobs. */
function drawn<T>(children: ReadonlyMap<T | undefined, readonly T[]>): TreeLine<T>[] {
  const lines: TreeLine<T>[] = [];
  const open: {
    readonly node: T;
    readonly before: string;
    readonly isLast: boolean;
    readonly isRoot: boolean;
  }[] = [];
  const push = (nodes: readonly T[], before: string, isRoot: boolean): void => {
    for (const [index, node] of nodes.toReversed().entries())
      open.push({ node, before, isLast: index === 0, isRoot });
  };
  push(children.get(undefined) ?? [], '', true);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, before, isLast, isRoot } = next;
    lines.push({ node, branch: isRoot ? '' : `${before}${isLast ? '└─ ' : '├─ '}` });
    push(children.get(node) ?? [], isRoot ? '' : `${before}${isLast ? '   ' : '│  '}`, false);
  }
  return lines;
}

/** How much a part has to say: the least first. Of those that wait, the next ones first. */
export function importanceOf({ state, problem }: Pick<RunPart, 'state' | 'problem'>): number {
  if (state === 'Failed' || state === 'Deleted') return 0;
  if (state === 'Running') return 1;
  if (problem !== undefined) return 2;
  if (state === 'Waiting' || state === 'Held' || state === 'Suspended') return 3;
  return state === 'Complete' ? 4 : 5;
}
