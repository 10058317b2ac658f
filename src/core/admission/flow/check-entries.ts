import { formatDependencies } from '../../../api/dependency-list.ts';
import { parseReference } from '../../../api/dependency-reference.ts';
import { parseDuration } from '../../../api/duration.ts';
import { refusal, type Refusal } from '../../../api/errors.ts';
import type { Json } from '../../../api/job.ts';
import { isJobName, isResourceName } from '../../../api/kubernetes-names.ts';
import { LIMITS } from '../../../api/names.ts';
import { fieldOf, isAbsent } from '../json-tree.ts';
import { checkDaemonSpec } from './check-daemon-spec.ts';
import { checkJobSpec, refuseUnknownVolume } from './check-job-spec.ts';
import { isDnsLabel, NAME_MENDS } from './name-rules.ts';
import { itemsAt, refuseNames, textAt } from './named-list.ts';
import type { PlannedEntry } from './planned-entries.ts';

/** The fields of an entry of which it has exactly one. */
const KINDS = ['jobTemplate', 'jobTemplateRef', 'daemonJob'] as const;

/** Known names that a refusal lists: more would hide what it says. */
const MAX_KNOWN = 10;

/**
 * What is wrong with the entries of a flow, the references to JobTemplates aside.
 *
 * @param entries the entries, in their order
 * @param spec the spec of the JobFlow, of the right types
 */
export function checkEntries(entries: readonly PlannedEntry[], spec: Json | undefined): Refusal[] {
  const volumes = itemsAt(fieldOf(spec, 'shareVolumes'), 'spec.shareVolumes');
  const shared = new Set(volumes.map(({ value }) => textAt(value, 'name')));
  const names = new Set(entries.map(({ name }) => name));
  return [
    ...refuseNames(entries, { what: 'entry', isValid: isJobName, mend: NAME_MENDS.jobNamePart }),
    ...refuseCollisions(entries),
    ...refuseNames(volumes, { what: 'volume', isValid: isDnsLabel, mend: NAME_MENDS.dnsLabel }),
    ...entries.flatMap((entry) => [
      ...refuseUnclearKind(entry),
      ...checkDependencies(entry, names),
      ...checkWaiting(entry),
      ...checkWork(entry, shared),
    ]),
  ];
}

/** Whether an entry states one of its fields; an empty name is none. */
export function statesField(entry: Json, field: string): boolean {
  const value = fieldOf(entry, field);
  return !isAbsent(value) && value !== '';
}

/** Names of different entries can become the same only by the digest of one that was too long. */
function refuseCollisions(entries: readonly PlannedEntry[]): Refusal[] {
  const taken = new Map<string, PlannedEntry>();
  return entries.flatMap((entry) => {
    const other = taken.get(entry.ref);
    if (other === undefined) taken.set(entry.ref, entry);
    if (other === undefined || other.name === entry.name) return [];
    const values = { field: `${entry.path}.name`, name: entry.name, jobName: entry.ref };
    return [refusal('EntryNamesCollide', { ...values, other: `"${other.name}" (${other.path})` })];
  });
}

function refuseUnclearKind({ value, path }: PlannedEntry): Refusal[] {
  const stated = KINDS.filter((kind) => statesField(value, kind));
  if (stated.length === 1) return [];
  return [
    refusal('EntryKindUnclear', {
      field: path,
      stated: stated.length === 0 ? 'none of them is there' : `${stated.join(' and ')} are there`,
    }),
  ];
}

function checkDependencies(entry: PlannedEntry, names: ReadonlySet<string>): Refusal[] {
  const refusals: Refusal[] = [...entry.unreadable];
  const seen = new Set<string>();
  for (const { field, stated, edge } of entry.edges) {
    if (seen.has(edge.name)) refusals.push(refusal('DependencyDuplicate', { field, name: stated }));
    seen.add(edge.name);
    if (parseReference(stated)?.kind !== 'job') continue;
    if (stated === entry.name)
      refusals.push(refusal('DependencyOnItself', { field, kind: 'entry', name: stated }));
    else if (!names.has(stated)) {
      refusals.push(refusal('EntryUnknown', { field, name: stated, known: knownNames(names, entry.name) }));
    }
  }
  return [...refusals, ...refuseLongList(entry)];
}

/** The entry's dependencies become one annotation of its Job. */
function refuseLongList({ path, edges }: PlannedEntry): Refusal[] {
  const field = `${path}.dependencies`;
  if (edges.length > LIMITS.dependencies) {
    return [refusal('DependencyTooMany', { field, count: edges.length, limit: LIMITS.dependencies })];
  }
  const text = formatDependencies(edges.map(({ edge }) => edge));
  const bytes = new TextEncoder().encode(text).length;
  return bytes > LIMITS.dependsOnBytes
    ? [refusal('DependencyTooLong', { field, bytes, limit: LIMITS.dependsOnBytes })]
    : [];
}

/** As part of the sentence, if there are few enough to help. */
function knownNames(names: ReadonlySet<string>, own: string): string {
  const others = [...names].filter((name) => name !== own && name !== '');
  return others.length === 0 || others.length > MAX_KNOWN ? '' : ` (there are ${others.join(', ')})`;
}

function checkWaiting({ value, path, edges }: PlannedEntry): Refusal[] {
  const policy = textAt(value, 'onUnmetDependency');
  const timeout = textAt(value, 'waitTimeout');
  const noPods = fieldOf(fieldOf(value, 'jobTemplate'), 'completions') === 0;
  const gate = edges.length > 0 ? 'dependencies' : fieldOf(value, 'hold') === true ? 'hold' : undefined;
  return [
    ...(policy === '' || policy === 'Fail' || policy === 'Wait'
      ? []
      : [notAllowed(`${path}.onUnmetDependency`, policy, '"Fail" or "Wait"')]),
    ...(timeout === '' || parseDuration(timeout) !== undefined
      ? []
      : [refusal('DurationInvalid', { field: `${path}.waitTimeout`, value: timeout })]),
    ...(noPods && gate !== undefined
      ? [
          refusal('CompletionsZero', {
            completions: `${path}.jobTemplate.completions`,
            field: `${path}.${gate}`,
          }),
        ]
      : []),
  ];
}

/** What an entry runs. */
function checkWork({ value, path }: PlannedEntry, shared: ReadonlySet<string>): Refusal[] {
  const mounts = itemsAt(fieldOf(value, 'shareVolumeMounts'), `${path}.shareVolumeMounts`);
  const mounted = mounts.map((mount) => textAt(mount.value, 'name'));
  const ref = textAt(value, 'jobTemplateRef');
  return [
    ...mounts.flatMap((mount) => [
      ...refuseUnknownVolume(mount.value, mount.path, shared, 'spec.shareVolumes'),
      ...(textAt(mount.value, 'mountPath') === ''
        ? [refusal('FieldMissing', { field: `${mount.path}.mountPath`, mend: 'where to mount it' })]
        : []),
    ]),
    ...(ref === '' || isResourceName(ref)
      ? []
      : [
          refusal('NameInvalid', {
            field: `${path}.jobTemplateRef`,
            value: ref,
            what: 'JobTemplate name',
            mend: 'use the name of a JobTemplate',
          }),
        ]),
    ...(statesField(value, 'jobTemplate')
      ? checkJobSpec(fieldOf(value, 'jobTemplate'), {
          path: `${path}.jobTemplate`,
          sharedVolumes: mounted,
          isBase: false,
        })
      : []),
    ...(statesField(value, 'daemonJob')
      ? checkDaemonSpec(fieldOf(value, 'daemonJob'), `${path}.daemonJob`, mounted)
      : []),
  ];
}

function notAllowed(field: string, value: string, allowed: string): Refusal {
  return refusal('FieldNotAllowed', { field, value, allowed });
}
