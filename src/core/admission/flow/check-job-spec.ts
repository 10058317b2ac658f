import { refusal, type Refusal } from '../../../api/errors.ts';
import type { Json } from '../../../api/job.ts';
import { fieldOf, valueAt } from '../json-tree.ts';
import { CONTAINER_LISTS } from '../stated-fields.ts';
import { checkVariables } from './check-parameters.ts';
import { isDnsLabel, NAME_MENDS } from './name-rules.ts';
import { itemsAt, refuseNames, textAt } from './named-list.ts';

/** What surrounds a JobSpec. */
export interface JobSpecContext {
  /** How the JobSpec is named in refusals: `spec.flows[2].jobTemplate`. */
  readonly path: string;
  /** The names of volumes that are added to those that the JobSpec states. */
  readonly sharedVolumes: readonly string[];
  /** Whether a Job that uses it may still state what is missing, and replace what is wrong. */
  readonly isBase: boolean;
}

const CONTAINER = { what: 'container', isValid: isDnsLabel, mend: NAME_MENDS.dnsLabel } as const;
const VOLUME = { what: 'volume', isValid: isDnsLabel, mend: NAME_MENDS.dnsLabel } as const;

/** Fields of a JobSpec that Kubernetes wants to be at least 0 (pkg/apis/batch/validation). */
const NOT_NEGATIVE = [
  'parallelism',
  'completions',
  'backoffLimit',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
  'activeDeadlineSeconds',
  'ttlSecondsAfterFinished',
] as const;

/**
 * The mistakes in a JobSpec that are made most often. The API server alone knows all its rules; what passes here and
 * not there is told by the object's condition and Event when the Job is created.
 *
 * @param spec a JobSpec, of the right types
 */
export function checkJobSpec(
  spec: Json | undefined,
  { path, sharedVolumes, isBase }: JobSpecContext,
): Refusal[] {
  const podPath = `${path}.template.spec`;
  const pod = valueAt(spec, 'template', 'spec');
  const containers = itemsAt(fieldOf(pod, 'containers'), `${podPath}.containers`);
  if (containers.length === 0) {
    return [refusal('FieldMissing', { field: `${podPath}.containers`, mend: 'at least one container' })];
  }
  const volumes = itemsAt(fieldOf(pod, 'volumes'), `${podPath}.volumes`);
  const known = new Set([...volumes.map(({ value }) => textAt(value, 'name')), ...sharedVolumes]);
  const all = CONTAINER_LISTS.flatMap((list) => itemsAt(fieldOf(pod, list), `${podPath}.${list}`));
  return [
    ...refuseNames(all, CONTAINER),
    ...refuseNames(volumes, VOLUME),
    ...all.flatMap(({ value, path: item }) => checkVariables(fieldOf(value, 'env'), `${item}.env`)),
    ...(isBase
      ? []
      : [
          ...all.flatMap(({ value, path: item }) => refuseNoImage(value, item)),
          ...all.flatMap(({ value, path: item }) =>
            itemsAt(fieldOf(value, 'volumeMounts'), `${item}.volumeMounts`).flatMap((mount) =>
              refuseUnknownVolume(mount.value, mount.path, known, `${podPath}.volumes`),
            ),
          ),
          ...NOT_NEGATIVE.flatMap((field) => refuseBelow(fieldOf(spec, field), `${path}.${field}`, 0)),
        ]),
  ];
}

/**
 * Refuses a number that is too small.
 *
 * @param value the field; absent is fine
 */
export function refuseBelow(value: Json | undefined, field: string, least: number): Refusal[] {
  return typeof value === 'number' && value < least
    ? [refusal('FieldNotAllowed', { field, value, allowed: `a whole number of at least ${least}` })]
    : [];
}

/**
 * Refuses a mount of a volume that is not there.
 *
 * @param mount a VolumeMount
 * @param path how the mount is named in refusals
 * @param known the volumes that are there
 * @param where the field that the volume should be in
 */
export function refuseUnknownVolume(
  mount: Json,
  path: string,
  known: ReadonlySet<string>,
  where: string,
): Refusal[] {
  const name = textAt(mount, 'name');
  return known.has(name) ? [] : [refusal('VolumeUnknown', { field: `${path}.name`, name, where })];
}

function refuseNoImage(container: Json, path: string): Refusal[] {
  return textAt(container, 'image').trim() === ''
    ? [refusal('FieldMissing', { field: `${path}.image`, mend: 'the image that the container runs' })]
    : [];
}
