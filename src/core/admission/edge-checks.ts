import { annotationField, refusal, type Refusal } from '../../api/errors.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import type { AdmissionView, Candidate } from './view.ts';

const FIELD = annotationField(USER_ANNOTATIONS.dependsOn);

/** Refuses a Job that depends on itself. */
export function refuseSelfEdge({ name, edges }: Candidate): Refusal | undefined {
  return edges.some((edge) => edge.name === name)
    ? refusal('DependencyOnItself', { field: FIELD, kind: 'Job', name })
    : undefined;
}

/** Refuses a Job whose edges would close a cycle, and names its path. A Job without a name is on none. */
export function refuseCycle(candidate: Candidate, view: AdmissionView): Refusal | undefined {
  if (candidate.name === '' || candidate.edges.length === 0) return undefined;
  const path = view.findCycle(candidate);
  return path === undefined ? undefined : refusal('DependencyCycle', { field: FIELD, path });
}
