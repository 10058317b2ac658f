import { API_GROUP, API_VERSION } from '../../src/api/names.ts';
import type { Definitions, ObjectShape, Shape } from './shape.ts';

/*
 * jobflow's own resources: the one place where their fields are stated. The CRDs, the validators and the types
 * are generated from here. Where users need a whole sentence, the webhook judges; a schema only knows types.
 */

const text = (description?: string): Shape => describe({ kind: 'string' }, description);
const flag = (description: string): Shape => ({ description, kind: 'boolean' });
const ref = (to: string, description?: string): Shape => describe({ kind: 'ref', to }, description);
const mapOf = (values: Shape, description: string): Shape => ({ description, kind: 'map', values });
const oneOf = (values: readonly string[], description: string): Shape => ({
  description,
  kind: 'string',
  values,
});
const count = (description: string, minimum = 0): Shape => ({
  description,
  kind: 'integer',
  format: 'int32',
  minimum,
});
const seconds = (description: string): Shape => ({
  description,
  kind: 'integer',
  format: 'int64',
  minimum: 0,
});
const time = (description: string): Shape => ({ description, kind: 'string', format: 'date-time' });
const listOf = (items: Shape, description: string, keys?: readonly string[]): Shape => ({
  description,
  kind: 'list',
  items,
  ...(keys === undefined ? {} : { keys }),
});
const object = (
  description: string,
  properties: Readonly<Record<string, Shape>>,
  more: { required?: readonly string[]; extends?: string } = {},
): Shape & ObjectShape => ({
  description,
  kind: 'object',
  properties,
  required: more.required ?? [],
  ...(more.extends === undefined ? {} : { extends: more.extends }),
});

function describe(shape: Shape, description: string | undefined): Shape {
  return description === undefined ? shape : { ...shape, description };
}

/** What the status of a JobFlow and of a DaemonJob have in common. */
function runStatus(description: string, jobs: string, total: string): Shape {
  return object(description, {
    state: ref(
      'RunState',
      'Pending until the first Job starts; Succeed or Failed once all have ended; Terminating while it is deleted.',
    ),
    message: text('What it is doing or why it ended, in a sentence.'),
    // Only the controller writes it: a record of who owns each of a thousand entries would be as long as the list.
    jobStatusList: { description: jobs, kind: 'map', values: ref('JobState'), atomic: true },
    counts: ref('JobCounts', `How many Jobs are in each state; total is ${total}.`),
    startTime: time('When the first Job started, or all was resumed last.'),
    completionTime: time('When the last Job ended.'),
    observedGeneration: ref('Generation', 'The metadata.generation that this status tells of.'),
    observedRetry: text(`The value of the annotation ${API_GROUP}/retry that was acted on last.`),
    conditions: ref(
      'Conditions',
      'Complete, Failed and Suspended as on a Job; Reconciling and Stalled for tools that wait.',
    ),
  });
}

/** The definitions of jobflow's own, which refer to those of Kubernetes. */
export const FLOW_DEFINITIONS: Definitions = new Map<string, Shape>([
  ['Generation', { description: 'A metadata.generation.', kind: 'integer', format: 'int64' }],
  [
    'JobState',
    oneOf(['Waiting', 'Held', 'Running', 'Succeed', 'Failed', 'Skipped'], 'The state of one Job.'),
  ],
  [
    'RunState',
    oneOf(['Pending', 'Running', 'Succeed', 'Failed', 'Terminating'], 'The state of a JobFlow or DaemonJob.'),
  ],
  ['UnmetDependencyPolicy', oneOf(['Fail', 'Wait'], 'What happens when an outcome can no longer come.')],
  ['FailurePolicy', oneOf(['Continue', 'FailFast'], 'What a failed Job means for the rest of its flow.')],
  ['JobTemplateState', oneOf(['Unused', 'InUse', 'Terminating'], 'Whether anything uses a template.')],
  [
    'GlobalParams',
    object('What Jobs share. What a Job states itself wins.', {
      nodeName: text('The node that the pods must run on, by a required node affinity on metadata.name.'),
      env: listOf(ref('EnvVar'), 'Environment variables for every container and init container.'),
      labels: mapOf({ kind: 'string' }, 'Labels for the Jobs and their pods.'),
      annotations: mapOf({ kind: 'string' }, 'Annotations for the Jobs and their pods.'),
    }),
  ],
  [
    'JobCounts',
    object('How many Jobs are in each state.', {
      total: count('All of them, created or not.'),
      waiting: count('Not started: for their dependencies, a limit or a suspension.'),
      held: count('Not started: until they are approved.'),
      running: count('Started and not ended.'),
      succeeded: count('Complete.'),
      failed: count('Failed, by themselves or because of a dependency.'),
      skipped: count('Not run, because another branch was taken.'),
    }),
  ],
  [
    'ResourceCondition',
    object(
      'One condition of a resource.',
      {
        type: text('The name of the condition.'),
        status: oneOf(['True', 'False', 'Unknown'], 'Whether it holds.'),
        reason: text('Why, as one word for programs.'),
        message: text('Why, in a sentence.'),
        lastTransitionTime: time('When the status changed last.'),
        observedGeneration: ref('Generation', 'The metadata.generation that the condition tells of.'),
      },
      { required: ['status', 'type'] },
    ),
  ],
  ['Conditions', listOf(ref('ResourceCondition'), 'What holds of the resource.', ['type'])],
  [
    'FlowEntry',
    object(
      'One entry of a flow: a Job, or with daemonJob a Job per node. It states exactly one of jobTemplate, jobTemplateRef and daemonJob.',
      {
        name: text('Unique in the flow. The Job is called FLOW-NAME.'),
        dependencies: listOf(
          { kind: 'string' },
          'Entries to wait for: NAME (until it is complete), or NAME=Complete, =Failed, =NotFailed or =Finished. Also jobflow/NAME and daemonjob/NAME in the same namespace.',
        ),
        jobTemplate: ref(
          'JobSpec',
          'The spec of the Job, as in batch/v1. The restartPolicy of its pods is Never, whatever is written.',
        ),
        jobTemplateRef: text('The name of a JobTemplate in the same namespace.'),
        daemonJob: ref('DaemonJobSpec', 'The spec of a DaemonJob: a Job on every eligible node.'),
        shareVolumeMounts: listOf(
          ref('VolumeMount'),
          'Where the shareVolumes of the flow are mounted, in every container of this entry.',
        ),
        onUnmetDependency: ref(
          'UnmetDependencyPolicy',
          'What happens when an awaited outcome can no longer come: Fail (the default) or Wait.',
        ),
        waitTimeout: text(
          'How long the entry may wait before it fails, as a duration such as 90s, 15m or 2h.',
        ),
        hold: flag(`Wait until the Job has the annotation ${API_GROUP}/approved.`),
      },
      { required: ['name'] },
    ),
  ],
  [
    'JobFlowSpec',
    object('What a flow consists of.', {
      globalParams: ref(
        'GlobalParams',
        `What every Job of the flow gets, also a Job that joins by the annotation ${API_GROUP}/flow. What a Job states itself wins.`,
      ),
      flows: listOf(ref('FlowEntry'), 'The entries of the flow. Without any it only holds globalParams.', [
        'name',
      ]),
      shareVolumes: listOf(ref('Volume'), 'Volumes that the entries may mount by shareVolumeMounts.', [
        'name',
      ]),
      maxConcurrentJobs: count('How many Jobs may run at the same time. No limit unless stated.', 1),
      suspend: flag('Start no further Job. Those that run go on.'),
      activeDeadlineSeconds: seconds(
        'Fail the flow when it has run so long, in seconds. A suspended flow does not run; resumed, it begins anew.',
      ),
      ttlSecondsAfterFinished: seconds('Delete the flow and its Jobs so long after its end, in seconds.'),
      failurePolicy: ref(
        'FailurePolicy',
        'Continue (the default) runs all that does not depend on what failed; FailFast starts nothing more.',
      ),
    }),
  ],
  [
    'JobFlowStatus',
    runStatus('Written by jobflow.', 'The state of each Job, by its name.', 'the number of Jobs in the flow'),
  ],
  [
    'JobTemplateSpec',
    object(
      'What the template holds.',
      {
        jobTemplate: ref(
          'JobSpec',
          'The spec of a batch/v1 Job. What a Job that uses the template states itself wins.',
        ),
      },
      { required: ['jobTemplate'] },
    ),
  ],
  [
    'JobTemplateStatus',
    object('Written by jobflow.', {
      state: ref('JobTemplateState', 'Whether anything uses the template.'),
      message: text('What there is to know, in a sentence.'),
      dependencyList: listOf({ kind: 'string' }, 'What uses the template: JobFlow/NAME or Job/NAME.'),
      count: count('How many use the template, also where the list has no room for all.'),
      observedGeneration: ref('Generation', 'The metadata.generation that this status tells of.'),
      conditions: ref('Conditions'),
    }),
  ],
  [
    'DaemonJobSpec',
    object(
      "A Job's spec, for a Job on every eligible node.",
      {
        globalParams: ref('GlobalParams', 'What every Job gets. What the spec states itself wins.'),
        excludeNodeList: text('Nodes that get no Job, separated by commas: "node1, node2".'),
        maxConcurrentNodes: count(
          'On how many nodes Jobs may run at the same time. No limit unless stated.',
          1,
        ),
        suspend: flag('Start no further Job. Those that run go on.'),
        template: ref(
          'PodTemplateSpec',
          'The pod of every Job. Its nodeSelector and affinity choose the nodes; its restartPolicy is Never, whatever is written.',
        ),
      },
      { required: ['template'], extends: 'JobSpec' },
    ),
  ],
  [
    'DaemonJobStatus',
    runStatus(
      'Written by jobflow.',
      'The state of the Job of each node, by the name of the Job.',
      'the number of eligible nodes',
    ),
  ],
  ...[
    { kind: 'JobFlow', description: 'Jobs that belong together, and the parameters that they share.' },
    {
      kind: 'JobTemplate',
      description: `The spec of a Job, for flows and for Jobs that name it by the annotation ${API_GROUP}/template.`,
    },
    { kind: 'DaemonJob', description: 'A Job on every eligible node.' },
  ].map(({ kind, description }): [string, Shape] => [
    kind,
    object(
      description,
      {
        apiVersion: oneOf([`${API_GROUP}/${API_VERSION}`], 'The version of the schema of this object.'),
        kind: oneOf([kind], 'The kind of this object.'),
        metadata: ref('ObjectMeta', 'Standard metadata.'),
        spec: ref(`${kind}Spec`, 'What is wanted.'),
        status: ref(`${kind}Status`, 'What is there; written by jobflow.'),
      },
      { required: ['metadata', 'spec'] },
    ),
  ]),
]);
