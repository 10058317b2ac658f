import type { Json } from '../../../api/job.ts';
import { fieldOf, valueAt } from '../json-tree.ts';
import type { WrittenPolicy } from './flow-warnings.ts';
import { textAt } from './named-list.ts';
import type { PlannedEntry } from './planned-entries.ts';

/**
 * The `restartPolicy` of a JobSpec if it is written as something other than `Never`. In a custom resource nothing is
 * filled in, so that what is there was written.
 *
 * @param spec a JobSpec
 * @param path how it is named in messages
 */
export function writtenPolicy(spec: Json | undefined, path: string): WrittenPolicy[] {
  const policy = textAt(valueAt(spec, 'template', 'spec'), 'restartPolicy');
  return policy === '' || policy === 'Never'
    ? []
    : [{ field: `${path}.template.spec.restartPolicy`, policy }];
}

/** The same for all entries of a flow. */
export function writtenPolicies(entries: readonly PlannedEntry[]): WrittenPolicy[] {
  return entries.flatMap(({ value, path }) =>
    (['jobTemplate', 'daemonJob'] as const).flatMap((field) =>
      writtenPolicy(fieldOf(value, field), `${path}.${field}`),
    ),
  );
}
