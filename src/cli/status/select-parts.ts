import { formatReference, parseReference } from '../../api/dependency-reference.ts';
import { CommandError } from '../cluster/command-error.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import { graphOfView } from '../graph/graph-of-view.ts';
import { stepsOf } from '../graph/steps.ts';
import { EXIT_CODES } from '../terminal/terminal.ts';
import { concernedParts } from '../view/concerned-parts.ts';
import { KIND_TITLES, parseKindAndName } from '../view/kind-words.ts';
import type { LabelSelector } from '../view/label-selector.ts';
import type { FlowView, NamespaceView } from '../view/namespace-view.ts';
import { notThere, severalNamed } from '../view/not-there.ts';
import type { PartView } from '../view/part-view.ts';

/** What is shown together: the Jobs of a JobFlow, or some of a namespace. */
export interface Section {
  readonly namespace: string;
  /** The JobFlow that was named. */
  readonly flow: FlowView | undefined;
  readonly parts: readonly PartView[];
}

/** Which of a namespace are shown. */
export interface Selection {
  /** Those that were named, as edges name them: `load`, `jobflow/etl`, `daemonjob/tidy`; none stands for all. */
  readonly names: readonly string[];
  /** Also Jobs that have nothing to do with jobflow. */
  readonly all: boolean;
  /** Only those with such labels. */
  readonly isLabelled: LabelSelector | undefined;
}

/** The kinds that have a state to show. */
const KINDS = ['job', 'jobflow', 'daemonjob'] as const;

/**
 * Finds what a user has named, with or without its kind.
 *
 * @param words `etl`, `job/load`, `jobflow/etl`, `daemonjob/tidy`
 * @returns their names as edges have them
 * @throws CommandError if there is none of a name, or several kinds bear it
 */
export function findNamed(view: NamespaceView, words: readonly string[]): string[] {
  return words.map((word) => {
    const read = parseKindAndName(word, KINDS);
    if (read === undefined)
      throw new CommandError(
        `"${word}" names no Job, JobFlow or DaemonJob; write NAME or KIND/NAME.`,
        EXIT_CODES.usage,
      );
    const { kind, name } = read;
    const kinds = KINDS.filter((each) => kind === undefined || each === kind);
    const found = kinds.filter((each) => isThere(view, formatReference({ kind: each, name })));
    const [only, other] = found;
    if (other !== undefined) throw new CommandError(severalNamed(name, found));
    if (only !== undefined) return formatReference({ kind: only, name });
    const what = kind === undefined ? 'Job or JobFlow' : KIND_TITLES[kind];
    throw new CommandError(notThere(`${what} "${name}"`, name, view.namespace, knownNames(view)));
  });
}

/** What is shown of a namespace. Jobs that were named and are gone meanwhile are left out. */
export function selectParts(view: NamespaceView, objects: NamespaceObjects, selection: Selection): Section[] {
  const { namespace } = view;
  const isSelected = labelFilter(objects, selection.isLabelled);
  if (selection.names.length === 0) {
    const parts = selection.all ? [...view.parts.values()] : concernedParts(view);
    return [{ namespace, flow: undefined, parts: parts.filter(isSelected).sort(byName) }];
  }
  const flows = selection.names.flatMap((name) => {
    const reference = parseReference(name);
    return reference?.kind === 'jobflow' ? (view.flows.get(reference.name) ?? []) : [];
  });
  const sections = flows.map((flow) => {
    return { namespace, flow, parts: inDependencyOrder(view, flow.parts).filter(isSelected) };
  });
  const parts = [...new Set(selection.names)]
    .flatMap((name) => view.parts.get(name) ?? [])
    .filter(isSelected);
  return parts.length === 0 ? sections : [...sections, { namespace, flow: undefined, parts }];
}

/** Each after all that it waits for; what is on a cycle last. */
export function inDependencyOrder(view: NamespaceView, parts: readonly PartView[]): PartView[] {
  const { steps, never } = stepsOf(graphOfView(view, { parts }));
  return [...steps.flat(), ...never].flatMap(({ id, isUnknown }) =>
    isUnknown ? [] : (view.parts.get(id) ?? []),
  );
}

function isThere({ parts, flows }: NamespaceView, name: string): boolean {
  const reference = parseReference(name);
  return reference?.kind === 'jobflow' ? flows.has(reference.name) : parts.has(name);
}

function knownNames({ parts, flows }: NamespaceView): string[] {
  return [...[...parts.keys()].map((name) => parseReference(name)?.name ?? name), ...flows.keys()];
}

/** A Job that a JobFlow has yet to make has no labels. */
function labelFilter(
  { jobs, daemons }: NamespaceObjects,
  isLabelled: LabelSelector | undefined,
): (part: PartView) => boolean {
  if (isLabelled === undefined) return () => true;
  const selected = new Set([
    ...jobs
      .filter(({ metadata }) => isLabelled(metadata.labels ?? {}))
      .map(({ metadata }) => metadata.name ?? ''),
    ...daemons
      .filter(({ metadata }) => isLabelled(metadata.labels ?? {}))
      .map(({ metadata }) => formatReference({ kind: 'daemonjob', name: metadata.name ?? '' })),
  ]);
  return ({ name }) => selected.has(name);
}

function byName(a: PartView, b: PartView): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
