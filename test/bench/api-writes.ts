import type { Connection } from '../../src/kube/connection.ts';

/** Writes to the API server, counted by the API server, by resource and subresource: `jobs`, `jobs/status`. */
export type Writes = ReadonlyMap<string, number>;

/** Leases are renewed by the clock, whatever is going on. */
const BY_THE_CLOCK = new Set(['leases', 'nodes/status']);

/**
 * All writes that the API server has answered so far, whoever sent them, refused ones included.
 *
 * @param connection to the API server, with the right to read its metrics
 */
export async function countWrites(connection: Connection): Promise<Writes> {
  const text = await connection.request({ method: 'GET', path: '/metrics' });
  const writes = new Map<string, number>();
  for (const line of String(text).split('\n')) {
    const [, labels = '', count] = /^apiserver_request_total\{([^}]*)\} (\S+)$/.exec(line) ?? [];
    if (count === undefined || !/verb="(?:POST|PUT|PATCH|APPLY|DELETE)"/.test(labels)) continue;
    const [, resource = ''] = /[{,]resource="([^"]*)"/.exec(`,${labels}`) ?? [];
    const [, subresource = ''] = /subresource="([^"]*)"/.exec(labels) ?? [];
    const name = subresource === '' ? resource : `${resource}/${subresource}`;
    if (!BY_THE_CLOCK.has(name)) writes.set(name, (writes.get(name) ?? 0) + Number(count));
  }
  return writes;
}

/** What was written between two counts, per Job. */
export function writesPerJob(before: Writes, after: Writes, jobs: number): Readonly<Record<string, number>> {
  const perJob = [...after]
    .map(([name, count]) => [name, (count - (before.get(name) ?? 0)) / jobs] as const)
    .filter(([, count]) => count >= 0.005)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(perJob);
}
