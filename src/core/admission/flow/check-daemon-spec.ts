import { refusal, type Refusal } from '../../../api/errors.ts';
import type { Json } from '../../../api/job.ts';
import { isResourceName } from '../../../api/kubernetes-names.ts';
import { fieldOf } from '../json-tree.ts';
import { checkJobSpec, refuseBelow } from './check-job-spec.ts';
import { checkParameters } from './check-parameters.ts';
import { textAt } from './named-list.ts';

/**
 * What is wrong with the spec of a DaemonJob: a JobSpec, and the fields that say where it runs.
 *
 * @param spec a DaemonJob's spec, of the right types
 * @param path how it is named in refusals
 * @param sharedVolumes the names of volumes that are added to those that it states
 */
export function checkDaemonSpec(
  spec: Json | undefined,
  path: string,
  sharedVolumes: readonly string[] = [],
): Refusal[] {
  return [
    ...checkJobSpec(spec, { path, sharedVolumes, isBase: false }),
    ...checkParameters(fieldOf(spec, 'globalParams'), `${path}.globalParams`),
    ...checkNodeList(textAt(spec, 'excludeNodeList'), `${path}.excludeNodeList`),
    ...refuseBelow(fieldOf(spec, 'maxConcurrentNodes'), `${path}.maxConcurrentNodes`, 1),
  ];
}

/** Names that match no node are harmless: nodes come and go. */
function checkNodeList(list: string, field: string): Refusal[] {
  return list
    .split(/[\s,]+/)
    .filter((name) => name !== '' && !isResourceName(name))
    .map((value) =>
      refusal('NameInvalid', {
        field,
        value,
        what: 'node name',
        mend: 'write names of nodes, separated by commas or blanks',
      }),
    );
}
