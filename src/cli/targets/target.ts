import { describeReference, formatReference, type UpstreamKind } from '../../api/dependency-reference.ts';
import type { JobObject } from '../../api/job.ts';
import { API_GROUP, API_VERSION } from '../../api/names.ts';
import type { DaemonJobObject } from '../../core/daemon/daemon-record.ts';
import type { FlowObject } from '../../core/flow/flow-projection.ts';
import { apiPath } from '../../kube/connection.ts';
import { jobPath } from '../../kube/patches.ts';
import { CommandError } from '../cluster/command-error.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import { EXIT_CODES } from '../terminal/terminal.ts';
import { parseKindAndName, type KindAndName } from '../view/kind-words.ts';
import { notThere, severalNamed } from '../view/not-there.ts';

/** An object that a command is to do something to. */
export type Target =
  | { readonly kind: 'job'; readonly name: string; readonly object: JobObject }
  | { readonly kind: 'jobflow'; readonly name: string; readonly object: FlowObject }
  | { readonly kind: 'daemonjob'; readonly name: string; readonly object: DaemonJobObject };

/** What a user wrote for an object: `report`, `job/report`, `jobflow/etl`. */
export type TargetWord = KindAndName<UpstreamKind>;

/** The object that a word stands for, or why there is none, in one sentence. */
export type FoundTarget =
  { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly sentence: string };

/** The plural name of the resource of each kind. */
export const RESOURCES = { job: 'jobs', jobflow: 'jobflows', daemonjob: 'daemonjobs' } as const;

const KINDS = Object.keys(RESOURCES) as readonly UpstreamKind[];

/**
 * Reads `NAME` or `KIND/NAME`, with the kind as kubectl takes it.
 *
 * @returns undefined if there is no such kind here, or no name
 */
export function parseTargetWord(word: string): TargetWord | undefined {
  return parseKindAndName(word, KINDS);
}

/**
 * Reads the same.
 *
 * @throws CommandError (usage) if there is no such kind here, or no name
 */
export function readTargetWord(word: string): TargetWord {
  const read = parseTargetWord(word);
  if (read !== undefined) return read;
  throw new CommandError(
    `"${word}" names nothing; write NAME, job/NAME, jobflow/NAME or daemonjob/NAME.`,
    EXIT_CODES.usage,
  );
}

/**
 * Finds what a user means. A name alone is that of an object of the first of the kinds that has one; where several
 * kinds would do, it has to be unique.
 *
 * @param kinds what the command is for; an object of another kind is found where nothing else has the name, so that
 *   the command can say what to do instead
 */
export function findTarget(
  objects: NamespaceObjects,
  word: TargetWord,
  kinds: readonly UpstreamKind[],
): FoundTarget {
  const { name } = word;
  const wanted = word.kind === undefined ? kinds : [word.kind];
  const meant = targetsNamed(objects, name, wanted);
  const found = meant.length > 0 || word.kind !== undefined ? meant : targetsNamed(objects, name, KINDS);
  const [only, second] = found;
  const kindsFound = found.map(({ kind }) => kind);
  if (second !== undefined) return no(severalNamed(name, kindsFound));
  if (only !== undefined) return { ok: true, target: only };
  const unread = objects.unread.find(({ resource }) => wanted.some((kind) => RESOURCES[kind] === resource));
  if (unread !== undefined && word.kind !== undefined) return no(unread.sentence);
  return no(missingSentence(objects, word, wanted));
}

/** All objects of a namespace that a command may be for. */
export function allTargets(objects: NamespaceObjects, kinds: readonly UpstreamKind[]): Target[] {
  return kinds.flatMap((kind) => targetsOf(objects, kind));
}

/** As edges name it: `report`, `jobflow/etl`. */
export function referenceTo({ kind, name }: Pick<Target, 'kind' | 'name'>): string {
  return formatReference({ kind, name });
}

/** In a sentence: `Job "report"`. */
export function describeTarget(target: Pick<Target, 'kind' | 'name'>): string {
  return describeReference(referenceTo(target));
}

/** Whether the API server has been asked to delete it. */
export function isDeleting({ object }: Target): boolean {
  return typeof object.metadata.deletionTimestamp === 'string';
}

/** The path of an object at the API server. */
export function targetPath({ kind, name, object }: Target): string {
  const namespace = object.metadata.namespace ?? '';
  if (kind === 'job') return jobPath({ namespace, name });
  return `/apis/${API_GROUP}/${API_VERSION}${apiPath`/namespaces/${namespace}/`}${RESOURCES[kind]}/${encodeURIComponent(name)}`;
}

function missingSentence(
  objects: NamespaceObjects,
  { kind, name }: TargetWord,
  wanted: readonly UpstreamKind[],
): string {
  const what = describeTarget({ kind: kind ?? 'job', name });
  const known = wanted.flatMap((each) => targetsOf(objects, each)).map((target) => target.name);
  return notThere(what, name, objects.namespace, known);
}

function targetsNamed(objects: NamespaceObjects, name: string, kinds: readonly UpstreamKind[]): Target[] {
  return kinds.flatMap((kind) => targetsOf(objects, kind).filter((target) => target.name === name));
}

function targetsOf({ jobs, flows, daemons }: NamespaceObjects, kind: UpstreamKind): Target[] {
  switch (kind) {
    case 'job':
      return jobs.map((object) => ({ kind, name: object.metadata.name ?? '', object }));
    case 'jobflow':
      return flows.map((object) => ({ kind, name: object.metadata.name ?? '', object }));
    case 'daemonjob':
      return daemons.map((object) => ({ kind, name: object.metadata.name ?? '', object }));
  }
}

function no(sentence: string): FoundTarget {
  return { ok: false, sentence };
}
