import type { RunPart } from './run-progress.ts';

/**
 * How many parts each has to wait for one after another: 0 for those that wait for nothing that is followed too. What is on
 * a cycle, or behind one, comes after all others.
 */
export function depthsOf(parts: readonly Pick<RunPart, 'name' | 'upstreams'>[]): ReadonlyMap<string, number> {
  const names = new Set(parts.map(({ name }) => name));
  const open = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const { name, upstreams } of parts) {
    const followed = upstreams.filter((upstream) => names.has(upstream));
    open.set(name, followed.length);
    for (const upstream of followed) {
      const known = dependents.get(upstream);
      if (known === undefined) dependents.set(upstream, [name]);
      else known.push(name);
    }
  }
  const depths = new Map<string, number>();
  let depth = 0;
  for (let level = [...open.keys()].filter((name) => open.get(name) === 0); level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const name of level) {
      depths.set(name, depth);
      for (const dependent of dependents.get(name) ?? []) {
        const left = (open.get(dependent) ?? 0) - 1;
        open.set(dependent, left);
        if (left === 0) next.push(dependent);
      }
    }
    level = next;
  }
  for (const name of names) if (!depths.has(name)) depths.set(name, depth);
  return depths;
}
