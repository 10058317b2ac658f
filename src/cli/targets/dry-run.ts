/** How a command only tries what it would do, as kubectl has it: by itself, or at the API server. */
export type DryRun = 'none' | 'client' | 'server';

/** The query of a write (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run). */
export function dryRunQuery(dryRun: DryRun): { dryRun?: 'All' } {
  return dryRun === 'server' ? { dryRun: 'All' } : {};
}

/** What kubectl writes after what it did not do. */
export function dryRunSuffix(dryRun: DryRun): string {
  return { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
}
