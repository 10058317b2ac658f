import { formatGatedRecord } from '../../api/gated-record.ts';
import type { JobObject, JsonObject } from '../../api/job.ts';
import { FLOW_LABEL, KEEP_OUTCOME_FINALIZER, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';
import { objectOrEmpty, valueAt, withField, withValueAt } from '../admission/json-tree.ts';
import { withSharedParameters } from '../admission/shared-parameters.ts';
import { ownerReference } from '../flow/flow-entries.ts';
import { joinedName } from '../flow/joined-name.ts';
import type { DaemonRecord } from './daemon-record.ts';
import type { DaemonJobSpec } from './daemon-spec.ts';
import { withDaemonTolerations } from './daemon-tolerations.ts';

/**
 * Makes the Job of one node: the inlined JobSpec, pinned to the node, with a DaemonSet's tolerations and the shared
 * parameters, and `restartPolicy: Never`. It is never suspended: the DaemonJob makes it only when it may run.
 */
export function makeNodeJob(daemon: DaemonRecord, nodeName: string): JobObject {
  const { spec, terms, run } = daemon;
  const pod = objectOrEmpty(valueAt(spec.jobSpec, 'template', 'spec'));
  const placed = withField(pinnedTo(nodeName, withDaemonTolerations(pod)), 'restartPolicy', 'Never');
  const bare: JobObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: joinedName(daemon.name, nodeName),
      namespace: daemon.namespace,
      ownerReferences: [ownerReference('DaemonJob', daemon)],
      ...(hasTtl(spec) && { finalizers: [KEEP_OUTCOME_FINALIZER] }),
    },
    spec: withValueAt(spec.jobSpec, ['template', 'spec'], placed),
  };
  // The node is chosen already; `nodeName` among the parameters has had its say in that.
  const job = withSharedParameters(bare, { ...spec.globalParams, nodeName: null });
  const { labels, annotations } = job.metadata;
  const record = { gate: false, statedSuspend: false, manager: '', ignoredUids: [], injected: [] };
  return {
    ...job,
    metadata: {
      ...job.metadata,
      // The label only, so that `kubectl get jobs -l` shows it: the flow counts the DaemonJob, not its Jobs.
      ...(terms?.flow !== undefined && { labels: { ...labels, [FLOW_LABEL]: terms.flow } }),
      annotations: {
        ...annotations,
        ...(run !== undefined && { [USER_ANNOTATIONS.run]: run }),
        [OWN_ANNOTATIONS.gated]: formatGatedRecord(record),
      },
    },
  };
}

/** Whether the Jobs go away by themselves some time after they have ended. */
export function hasTtl({ jobSpec }: DaemonJobSpec): boolean {
  return typeof jobSpec.ttlSecondsAfterFinished === 'number';
}

/**
 * Asks for the node by its name and for nothing else, as the DaemonSet controller does it
 * (`ReplaceDaemonSetPodNodeNameNodeAffinity`): whether the node fits has been decided, and a label that is changed
 * later must not leave the pod without any node.
 */
function pinnedTo(nodeName: string, pod: JsonObject): JsonObject {
  const field = { key: 'metadata.name', operator: 'In', values: [nodeName] };
  return withValueAt(pod, ['affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'], {
    nodeSelectorTerms: [{ matchFields: [field] }],
  });
}
