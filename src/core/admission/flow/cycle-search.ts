/** Gives the names of what an object waits for, as far as those objects wait themselves. */
export type Upstreams = (name: string) => Iterable<string>;

/**
 * A shortest way from one object to another, each waiting for the next.
 *
 * @param from where it starts; not looked for as an end unless a way leads back to it
 * @param to where it ends
 * @returns the names from `from` to `to`, both included, at least one step long; undefined if there is no way
 */
export function shortestPath(from: string, to: string, upstreams: Upstreams): string[] | undefined {
  const cameFrom = new Map<string, string>();
  let frontier: readonly string[] = [from];
  while (frontier.length > 0) {
    const next: string[] = [];
    for (const name of frontier) {
      for (const upstream of upstreams(name)) {
        if (upstream === to) return trace(cameFrom, from, name, to);
        if (upstream === from || cameFrom.has(upstream)) continue;
        cameFrom.set(upstream, name);
        next.push(upstream);
      }
    }
    frontier = next;
  }
  return undefined;
}

/**
 * Sorts all objects that can be reached into groups, each of objects that wait for each other in a ring (Tarjan's
 * strongly connected components, without recursion, since a chain may be thousands of Jobs long). One pass, whatever
 * the number of starts: an edge closes a cycle exactly if both its ends are in the same group.
 *
 * @param starts the names to start from
 * @returns the group of each name that was reached
 */
export function groupsOnCycles(starts: Iterable<string>, upstreams: Upstreams): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const calls: { readonly name: string; readonly rest: Iterator<string> }[] = [];
  const enter = (name: string): void => {
    low.set(name, index.size);
    index.set(name, index.size);
    open.push(name);
    calls.push({ name, rest: upstreams(name)[Symbol.iterator]() });
  };
  const lower = (name: string, to: number): void => {
    low.set(name, Math.min(low.get(name) ?? to, to));
  };
  for (const start of starts) {
    if (index.has(start)) continue;
    enter(start);
    for (let call = calls.at(-1); call !== undefined; call = calls.at(-1)) {
      const { name, rest } = call;
      const step = rest.next();
      if (step.done !== true) {
        const seen = index.get(step.value);
        if (seen === undefined) enter(step.value);
        else if (!groups.has(step.value)) lower(name, seen);
        continue;
      }
      calls.pop();
      const lowest = low.get(name) ?? 0;
      const caller = calls.at(-1);
      if (caller !== undefined) lower(caller.name, lowest);
      if (lowest !== index.get(name)) continue;
      for (const member of open.splice(open.lastIndexOf(name))) groups.set(member, lowest);
    }
  }
  return groups;
}

function trace(cameFrom: ReadonlyMap<string, string>, from: string, last: string, to: string): string[] {
  const path = [to];
  for (let name: string | undefined = last; name !== undefined && name !== from; name = cameFrom.get(name)) {
    path.push(name);
  }
  path.push(from);
  return path.reverse();
}
