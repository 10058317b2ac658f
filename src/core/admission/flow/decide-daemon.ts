import { parseAnnotations } from '../../../api/annotations.ts';
import { annotationField, refusal, type Refusal } from '../../../api/errors.ts';
import { validateDaemonJob } from '../../../api/flow-resources.ts';
import type { JsonObject } from '../../../api/job.ts';
import { USER_ANNOTATIONS } from '../../../api/names.ts';
import { fieldOf, sameJson } from '../json-tree.ts';
import { warnOfIdleAnnotations } from '../warnings.ts';
import { checkDaemonSpec } from './check-daemon-spec.ts';
import { warnOfForeignKeys, warnOfPolicies } from './flow-warnings.ts';
import { newAnnotations, refuseOwnAnnotations } from './resource-annotations.ts';
import { admitResource, refuseAny, type ResourceVerdict } from './resource-verdict.ts';
import type { ResourceView } from './resource-view.ts';
import { writtenPolicy } from './restart-policies.ts';
import { annotationsOf, projectDaemon, type WholeRecord } from './whole-record.ts';

/** A DaemonJob that is being created or edited: never by the controller, never its status, never one in deletion. */
export interface DaemonRequest {
  /** As it is sent; the API server has not yet checked it against the schema. */
  readonly object: JsonObject;
  /** As it is stored; undefined for a new one. */
  readonly old: JsonObject | undefined;
  readonly view: ResourceView;
}

/**
 * Decides about a DaemonJob: its annotations as those of a Job, its spec as a JobSpec. An edit that leaves the spec
 * as it is is only judged by its annotations.
 *
 * @param request the DaemonJob and all that is needed to decide
 */
export function decideDaemon(request: DaemonRequest): ResourceVerdict {
  const { object, old, view } = request;
  const added = newAnnotations(object, old);
  const parsed = parseAnnotations(added);
  const sameSpec = old !== undefined && sameJson(fieldOf(old, 'spec'), fieldOf(object, 'spec'));
  const refused = refuseAny([
    ...refuseOwnAnnotations(added),
    ...(parsed.ok ? [] : parsed.refusals),
    ...(sameSpec ? [] : checkSpec(object)),
  ]);
  if (refused !== undefined) return refused;
  const record = projectDaemon(object);
  const cycle = refuseDaemonCycle(record, old === undefined ? undefined : projectDaemon(old), view);
  if (cycle !== undefined) return { kind: 'refuse', refusal: cycle };
  return admitResource(
    [
      ...warnOfForeignKeys(added, 'DaemonJob', DAEMON_KEYS),
      ...(isGated(object) ? [] : warnOfIdleAnnotations(added)),
      ...(sameSpec ? [] : warnOfPolicies(writtenPolicy(fieldOf(object, 'spec'), 'spec'))),
    ],
    record.name === '' || record.ended ? undefined : record.whole,
  );
}

const DAEMON_KEYS = ['dependsOn', 'run', 'onUnmetDependency', 'waitTimeout', 'hold', 'approved'] as const;

function checkSpec(object: JsonObject): Refusal[] {
  const valid = validateDaemonJob(object);
  return valid.ok
    ? checkDaemonSpec(fieldOf(object, 'spec'), 'spec')
    : [refusal('FieldInvalid', { field: valid.field, problem: valid.problem, kind: 'daemonjob' })];
}

function isGated(object: JsonObject): boolean {
  const annotations = annotationsOf(object);
  return [USER_ANNOTATIONS.dependsOn, USER_ANNOTATIONS.hold].some((key) => Object.hasOwn(annotations, key));
}

/** Only edges that are new are checked, so that nobody is trapped on a cycle that slipped in before. */
function refuseDaemonCycle(
  { whole, ended, name }: WholeRecord,
  before: WholeRecord | undefined,
  view: ResourceView,
): Refusal | undefined {
  if (ended) return undefined;
  const field = annotationField(USER_ANNOTATIONS.dependsOn);
  const { ref, edges, run } = whole;
  if (edges.some((edge) => edge.name === ref)) {
    return refusal('DependencyOnItself', { field, kind: 'DaemonJob', name });
  }
  const known = before?.whole.run === run ? new Set(before?.whole.edges.map((edge) => edge.name)) : NO_NAMES;
  const added = edges.filter((edge) => !known.has(edge.name)).map((edge) => ({ from: ref, to: edge.name }));
  if (added.length === 0) return undefined;
  const cycle = view.findWholeCycle({ whole, added, isNew: before === undefined });
  return cycle === undefined ? undefined : refusal('DependencyCycle', { field, path: cycle.path });
}

const NO_NAMES: ReadonlySet<string> = new Set();
