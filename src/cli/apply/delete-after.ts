import { withValueAt } from '../../core/admission/json-tree.ts';
import { followedKind, type ToApply } from './to-apply.ts';

/**
 * Has Kubernetes delete a Job, or jobflow a JobFlow with its Jobs, some time after its end, whether or not this program
 * still runs then (https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/). The Jobs of a DaemonJob
 * go like that too; the DaemonJob itself stays. What the file states gives way.
 *
 * @param seconds whole seconds, from the end of each Job, of the JobFlow as a whole
 */
export function withDeletionAfter(target: ToApply, seconds: number): ToApply {
  if (followedKind(target) === undefined) return target;
  return { ...target, object: withValueAt(target.object, ['spec', 'ttlSecondsAfterFinished'], seconds) };
}
