import { describeReference, parseReference } from '../../api/dependency-reference.ts';
import { KEEP_OUTCOME_FINALIZER, USER_ANNOTATIONS } from '../../api/names.ts';
import { inShell } from '../cluster/cluster-options.ts';
import type { ControllerState } from '../installation/installation.ts';
import type { Advice, AdviceInput } from './advice-input.ts';
import type { Cause, Remark } from './cause.ts';
import type { Lateness } from './controller-lateness.ts';
import { breakCycle, correctDependency, createOrIgnore } from './dependency-advice.ts';
import type { Root } from './explanation.ts';
import { kindAndName } from './kind-and-name.ts';

/** What to do about one root. */
export function adviceFor({ name, cause, path }: Root, input: AdviceInput): Advice[] {
  const { same } = input;
  const object = describeReference(name);
  const dependent = path.at(-2);
  const kubectl = (words: string): string => `kubectl ${words}${same}`;
  const jobflow = (words: string): string => `jobflow ${words}${same}`;
  const pods = kubectl(`get pods -l batch.kubernetes.io/job-name=${name}`);
  const events = kubectl(`describe ${kindAndName(name)}`);
  switch (cause.kind) {
    case 'missing':
      return [
        ...correctDependency(name, cause.near, dependent, input),
        ...createOrIgnore(name, dependent, input),
      ];
    case 'gone':
      return createOrIgnore(name, dependent, input);
    case 'unseen':
      return [
        cause.because === 'forbidden'
          ? { say: `Ask for the right to list ${cause.resource}, then ask again.` }
          : { say: 'Install jobflow in the cluster (docs/install.md).' },
      ];
    case 'otherRun':
      return [
        { say: `Create ${object} with the annotation ${USER_ANNOTATIONS.run}: ${cause.wanted}.` },
        ...(dependent !== undefined && cause.run !== undefined
          ? [
              {
                say: `Or have ${describeReference(dependent)} count that run:`,
                command: kubectl(
                  `annotate ${kindAndName(dependent)} ${USER_ANNOTATIONS.run}=${inShell(cause.run)} --overwrite`,
                ),
              },
            ]
          : []),
      ];
    case 'leftOver':
    case 'beingDeleted':
      return [
        ...(cause.finalizers.includes(KEEP_OUTCOME_FINALIZER)
          ? [
              {
                say: 'Only jobflow’s controller takes that finalizer off; see whether it runs:',
                command: `jobflow doctor${same}`,
              },
            ]
          : [{ say: 'See what keeps it:', command: events }]),
        { say: `Once it is gone, create ${object} again.` },
      ];
    case 'held':
      return [{ say: 'Approve it:', command: jobflow(`approve ${name}`) }];
    case 'cycle':
      return breakCycle(cause.path, input);
    case 'unreadable':
      return [{ say: 'Correct the annotation:', command: kubectl(`edit ${kindAndName(name)}`) }];
    case 'unmet':
      return [
        {
          say: `Run ${describeReference(cause.upstream)} again:`,
          command: jobflow(`retry ${cause.upstream}`),
        },
      ];
    case 'notDecided':
    case 'notObserved':
      return controllerAdvice(cause, input);
    case 'aboutToStart':
    case 'flowEdited':
      return [{ say: 'Ask again in a moment:', command: jobflow(`why ${path[0] ?? name}`) }];
    case 'closed':
      return [
        { say: 'That is as it is written: nothing is wrong with it.' },
        { say: 'To run it all the same, create it again without that dependency.' },
      ];
    case 'endedAtGate':
    case 'timedOut':
    case 'failed':
      return failureAdvice(name, cause, path, input);
    case 'flowSuspended':
      return [{ say: 'Let it go on:', command: jobflow(`resume ${cause.flow}`) }];
    case 'flowDeleted':
      return [{ say: `Once it is gone, create ${describeReference(cause.flow)} again.` }];
    case 'flowFull':
      return [
        {
          say: 'Wait until one of these has ended, or allow more at a time:',
          command: kubectl(
            `patch ${kindAndName(cause.flow)} --type=merge -p ${inShell(`{"spec":{"maxConcurrentJobs":${cause.limit + 1}}}`)}`,
          ),
        },
      ];
    case 'flowEnded':
      return [{ say: 'Run what is missing again:', command: jobflow(`retry ${cause.flow}`) }];
    case 'stalled':
      return [
        {
          say: 'Mend what it says, and it goes on:',
          command: kubectl(`describe ${kindAndName(cause.object)}`),
        },
      ];
    case 'noEntries':
      return [{ say: 'Add entries to its spec.flows, or Jobs with its name in their annotations.' }];
    case 'daemonSuspended':
    case 'suspended':
      return [{ say: 'Let it go on:', command: jobflow(`resume ${name}`) }];
    case 'daemonFull':
      return [
        {
          say: 'Wait until the Job of a node has ended, or allow more nodes at a time:',
          command: kubectl(
            `patch ${kindAndName(name)} --type=merge -p ${inShell(`{"spec":{"maxConcurrentNodes":${cause.limit + 1}}}`)}`,
          ),
        },
      ];
    case 'noNode':
      return [
        {
          say: 'Add a node that fits, or change its nodeSelector, tolerations or excludeNodeList:',
          command: `kubectl get nodes --show-labels${input.elsewhere(undefined)}`,
        },
      ];
    case 'kueue':
      return [
        {
          say: 'See what Kueue says, and what the queue has left:',
          command: kubectl('describe workloads,localqueues'),
        },
      ];
    case 'leftAlone':
      return [
        { say: 'Whoever is in charge of it has to start it: jobflow’s annotations have no effect on it.' },
        { say: 'See who that is:', command: kubectl(`get ${kindAndName(name)} -o yaml`) },
      ];
    case 'podsRefused':
      return [
        // Events have no code for it: only the sentence of the quota admission plugin tells.
        cause.message.includes('exceeded quota')
          ? { say: 'Make room in the quota, or have it raised:', command: kubectl('describe resourcequota') }
          : { say: 'Mend what refuses its pods; the Job controller tries again by itself:', command: events },
      ];
    case 'noPods':
      return [{ say: 'See whether Kubernetes’ own Job controller says something:', command: events }];
    case 'unschedulable':
      return [
        {
          say: 'Make room or add nodes that fit; see what it asks for:',
          command: kubectl(`describe pod ${cause.pod}`),
        },
        {
          say: 'See what the nodes have:',
          command: `kubectl describe nodes${input.elsewhere(undefined)}`,
        },
      ];
    case 'imageUnavailable':
      return [
        {
          say: 'Make the image available (its name, its tag, the pull secret); the kubelet tries again by itself:',
          command: kubectl(`describe pod ${cause.pod}`),
        },
        { say: 'If the name is wrong, delete the Job and create it again: a pod template cannot be edited.' },
      ];
    case 'containerNotCreated':
    case 'volumeUnavailable':
      return [
        {
          say: 'Create what is missing; the kubelet tries again by itself:',
          command: kubectl(`describe pod ${cause.pod}`),
        },
      ];
    case 'crashLoop':
      return [
        {
          say: 'Read what it said before it ended:',
          command: kubectl(`logs ${cause.pod} -c ${cause.container} --previous`),
        },
      ];
    case 'creating':
      return [
        {
          say: 'If it takes too long, see what the kubelet says:',
          command: kubectl(`describe pod ${cause.pod}`),
        },
      ];
    case 'podEnding':
      return [
        { say: 'See whether its node still answers:', command: kubectl(`get pod ${cause.pod} -o wide`) },
        {
          say: 'Only if that machine is gone for good:',
          command: kubectl(`delete pod ${cause.pod} --force --grace-period=0`),
        },
      ];
    case 'retrying':
      return [{ say: 'Read why its pods fail:', command: jobflow(`logs ${name}`) }];
    case 'ending':
      return [{ say: 'See its pods:', command: pods }];
    case 'running':
      return [{ say: 'See what it does:', command: jobflow(`logs ${name} -f`) }];
    case 'active':
      return [{ say: 'See its pods:', command: pods }];
    case 'finished':
      return [];
  }
}

/** What to do about what is wrong beside it. */
export function adviceForRemark(remark: Remark, input: AdviceInput): Advice[] {
  switch (remark.kind) {
    case 'noController':
      return controllerAdvice({ controller: remark.controller, follows: undefined }, input);
    case 'notRecorded':
      return [{ say: 'See whether the webhook is asked:', command: `jobflow doctor${input.same}` }];
    case 'neverGated':
      return [{ say: 'To have it wait, delete it and create it again with its annotations.' }];
    case 'nodesLeftOut':
      return [];
  }
}

function controllerAdvice(
  { controller, follows }: Lateness,
  { system, elsewhere, same }: AdviceInput,
): Advice[] {
  const there = elsewhere(system);
  if (follows !== undefined) {
    return [
      { say: 'Have its administrator add this namespace to --namespaces (the chart’s value namespaces).' },
    ];
  }
  const logs = { say: 'Read what it says:', command: `kubectl logs deployment/jobflow-controller${there}` };
  if (controller?.kind === 'leads') return [logs];
  if (isSeen(controller)) {
    const say = 'Start the controller; see what has become of it:';
    return [{ say, command: `kubectl get deployments,pods -l app.kubernetes.io/name=jobflow${there}` }, logs];
  }
  return [
    { say: 'Have whoever runs the cluster look at jobflow’s controller:', command: `jobflow doctor${same}` },
  ];
}

function isSeen(controller: ControllerState | undefined): boolean {
  return controller !== undefined && controller.kind !== 'unknown';
}

function failureAdvice(name: string, cause: Cause, path: readonly string[], { same }: AdviceInput): Advice[] {
  const hasPods = cause.kind === 'failed' && parseReference(name)?.kind === 'job';
  const follows = path.length > 1 ? ', and what follows from it' : '';
  return [
    ...(hasPods ? [{ say: 'Read what it said:', command: `jobflow logs ${name}${same}` }] : []),
    { say: `Once that is mended, run it again${follows}:`, command: `jobflow retry ${name}${same}` },
  ];
}
