import type { DependencyEdge } from '../../api/dependency-list.ts';
import { describeReference } from '../../api/dependency-reference.ts';
import { refusal } from '../../api/errors.ts';
import { isJobName, isResourceName } from '../../api/kubernetes-names.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { isObject } from '../../core/admission/json-tree.ts';
import type { PlannedEntry } from '../../core/admission/flow/planned-entries.ts';
import type { Complaint } from './finding.ts';
import type { KnownObjects, LintedManifest } from './known-objects.ts';

/** What is wrong with the name of an object. */
export function checkName({ kind, name, object }: LintedManifest): Complaint[] {
  const field = 'metadata.name';
  if (name === '') {
    // A name of another type is told with the types of all fields.
    const isStated = textAt(object.metadata, 'generateName') !== '' || !isObject(object.metadata);
    if (isStated) return [];
    const { message } = refusal('FieldMissing', { field, mend: `the name of the ${kind}` });
    return [{ severity: 'error', rule: 'FieldMissing', message }];
  }
  const isValid = kind === 'Job' ? isJobName : isResourceName;
  if (isValid(name)) return [];
  const mend = `use at most ${kind === 'Job' ? 63 : 253} lower-case letters, digits and "-" (or "."), starting and ending with a letter or digit`;
  const { message } = refusal('NameInvalid', { field, value: name, what: `${kind} name`, mend });
  return [{ severity: 'error', rule: 'NameInvalid', message }];
}

/** Names that are waited for and that no object of the files has: they may be in the cluster already. */
export function checkDependencies(
  field: string,
  edges: readonly DependencyEdge[],
  known: KnownObjects,
): Complaint[] {
  return edges
    .filter(({ name }) => known.origin(name) === undefined)
    .map(({ name }) => ({
      severity: 'warning',
      rule: 'DependencyUnknown',
      message: `${field}: there is no ${describeReference(name)} in these files for namespace "${known.namespace}"; correct the name, unless it is in the cluster.`,
    }));
}

/** The JobTemplate of an entry, if no file has it. */
export function checkReferences({ value, path }: PlannedEntry, known: KnownObjects): Complaint[] {
  const name = textAt(value, 'jobTemplateRef');
  return name === '' ? [] : checkResource(`${path}.jobTemplateRef`, 'JobTemplate', name, known);
}

/** A JobTemplate or JobFlow that is named and that no file has. */
export function checkResource(
  field: string,
  kind: 'JobTemplate' | 'JobFlow',
  name: string,
  known: KnownObjects,
): Complaint[] {
  if (known.get(kind, name) !== undefined) return [];
  const message = `${field}: there is no ${kind} "${name}" in these files for namespace "${known.namespace}"; correct the name, unless it is in the cluster.`;
  return [{ severity: 'warning', rule: 'ResourceUnknown', message }];
}
