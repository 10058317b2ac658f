import { parseAnnotations } from '../../../api/annotations.ts';
import type { Json } from '../../../api/job.ts';
import { isLabelValue } from '../../../api/kubernetes-names.ts';
import { USER_ANNOTATIONS } from '../../../api/names.ts';
import { outcomeOf } from '../../outcome.ts';
import type { WaitingJob } from '../../waiting-graph.ts';
import { fieldOf, isAbsent, isObject, valueAt } from '../json-tree.ts';
import { itemsAt, textAt } from './named-list.ts';
import { plannedEntries, plannedNodes } from './planned-entries.ts';
import type { Whole } from './waiting-objects.ts';

/** One JobFlow or DaemonJob as the webhook remembers it. */
export interface WholeRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly isDeleting: boolean;
  /** Nothing can deadlock on it any more: it has ended, or it is a DaemonJob whose gate has opened. */
  readonly ended: boolean;
  readonly whole: Whole;
  /** The JobTemplates that its entries name. */
  readonly templates: readonly string[];
  /** All its parts, also those that have ended. */
  readonly planned: readonly WaitingJob[];
}

/** The states in `status.jobStatusList` of Jobs that have ended, whether they still exist or not. */
const ENDED: readonly unknown[] = ['Succeed', 'Failed', 'Skipped'];

/**
 * Takes from a JobFlow what decisions about others need.
 *
 * @param flow a JobFlow as the API server sends it
 * @param known what is known of the same JobFlow; its parts are used again if its spec is the same
 */
export function projectFlow(flow: Json, known?: WholeRecord): WholeRecord {
  const identity = identityOf(flow);
  const run = runOf(flow);
  const sameSpec =
    known?.uid === identity.uid && known.generation === identity.generation && known.whole.run === run;
  const spec = fieldOf(flow, 'spec');
  const planned = sameSpec ? known.planned : plannedNodes(plannedEntries(identity.name, spec), run);
  const states = valueAt(flow, 'status', 'jobStatusList');
  const hasEnded = ({ name }: WaitingJob): boolean => ENDED.includes(fieldOf(states, name));
  const ref = `jobflow/${identity.name}`;
  const parts = isObject(states) ? planned.filter((part) => !hasEnded(part)) : planned;
  return {
    ...identity,
    whole: sameSpec && isSameList(known.whole.parts, parts) ? known.whole : { ref, run, edges: [], parts },
    templates: sameSpec ? known.templates : templatesIn(spec),
    planned,
  };
}

/**
 * Takes from a DaemonJob what decisions about others need. Once a Job of it has started its gate is open, and nothing
 * in it waits for other objects.
 *
 * @param daemon a DaemonJob as the API server sends it
 */
export function projectDaemon(daemon: Json): WholeRecord {
  const identity = identityOf(daemon);
  const hasStarted = !isAbsent(valueAt(daemon, 'status', 'startTime'));
  const parsed = parseAnnotations(annotationsOf(daemon));
  const edges = parsed.ok ? parsed.annotations.edges : [];
  const ref = `daemonjob/${identity.name}`;
  return {
    ...identity,
    ended: identity.ended || hasStarted,
    whole: { ref, run: runOf(daemon), edges: edges.map(({ name }) => ({ name })), parts: [] },
    templates: [],
    planned: [],
  };
}

/** The annotations of an object; what is no text is left out. */
export function annotationsOf(object: Json): Record<string, string> {
  const annotations = valueAt(object, 'metadata', 'annotations');
  if (!isObject(annotations)) return {};
  return Object.fromEntries(
    Object.entries(annotations).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** The `run` of a JobFlow or DaemonJob; undefined without one that is valid. */
export function runOf(object: Json): string | undefined {
  const run = annotationsOf(object)[USER_ANNOTATIONS.run];
  return run !== undefined && run !== '' && isLabelValue(run) ? run : undefined;
}

/** The JobTemplates that the entries of a flow name, each once. */
export function templatesIn(spec: Json | undefined): string[] {
  const names = itemsAt(fieldOf(spec, 'flows'), '').map(({ value }) => textAt(value, 'jobTemplateRef'));
  return [...new Set(names)].filter((name) => name !== '');
}

/** Whether two records say the same of what waits in them. */
export function isSameWhole(a: Whole, b: Whole): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function identityOf(
  object: Json,
): Pick<
  WholeRecord,
  'namespace' | 'name' | 'uid' | 'resourceVersion' | 'generation' | 'isDeleting' | 'ended'
> {
  const metadata = fieldOf(object, 'metadata');
  const generation = fieldOf(metadata, 'generation');
  return {
    namespace: textAt(metadata, 'namespace'),
    name: textAt(metadata, 'name'),
    uid: textAt(metadata, 'uid'),
    resourceVersion: textAt(metadata, 'resourceVersion'),
    generation: typeof generation === 'number' ? generation : 0,
    isDeleting: textAt(metadata, 'deletionTimestamp') !== '',
    ended: outcomeOf(conditionsOf(object)) !== undefined,
  };
}

function conditionsOf(object: Json): { type: string; status: string; reason: string }[] {
  return itemsAt(valueAt(object, 'status', 'conditions'), '').map(({ value }) => ({
    type: textAt(value, 'type'),
    status: textAt(value, 'status'),
    reason: textAt(value, 'reason'),
  }));
}

function isSameList(a: readonly WaitingJob[], b: readonly WaitingJob[]): boolean {
  return a === b || (a.length === b.length && a.every((item, index) => item === b[index]));
}
