import { parseReference } from '../../api/dependency-reference.ts';
import { OWN_ANNOTATIONS } from '../../api/names.ts';
import { controllerState, webhookState } from '../installation/installation.ts';
import { valueOf } from '../installation/reading.ts';
import type { Remark } from './cause.ts';
import { nodesLeftOut } from './daemon-link.ts';
import type { Evidence } from './evidence.ts';
import type { Link } from './explanation.ts';
import type { FoundEvidence } from './found.ts';

/**
 * What is wrong with jobflow itself that will keep what waits from starting, even when all else is mended. What may
 * not be read is passed over: the answer does not depend on it.
 */
export function remarksOn(subject: Link, evidence: Evidence, found: FoundEvidence): Remark[] {
  return [
    ...remarksOnNodes(subject, evidence, found),
    ...remarksOnStart(subject, evidence),
    ...remarksOnJobflow(subject, evidence, found),
  ];
}

/** Which nodes a DaemonJob passes over: whoever asks may miss one of them. */
function remarksOnNodes({ name, causes }: Link, { daemons }: Evidence, found: FoundEvidence): Remark[] {
  const reference = parseReference(name);
  const daemon = reference?.kind === 'daemonjob' ? daemons.get(reference.name) : undefined;
  if (daemon === undefined || causes.some(({ kind }) => kind === 'noNode')) return [];
  const nodes = nodesLeftOut(daemon, found) ?? [];
  return nodes.length === 0 ? [] : [{ kind: 'nodesLeftOut', nodes }];
}

/** A Job that runs, though it is ours to gate and nobody has released it. */
function remarksOnStart({ name, state }: Link, { view }: Evidence): Remark[] {
  const record = view.parts.get(name)?.record;
  const started = state === 'Running' && record?.leftAloneBecause === undefined;
  return started && record?.terms?.gated === true && !record.terms.released ? [{ kind: 'neverGated' }] : [];
}

function remarksOnJobflow(subject: Link, evidence: Evidence, found: FoundEvidence): Remark[] {
  if (subject.state !== 'Waiting' && subject.state !== 'Held' && subject.state !== 'NotMade') return [];
  const installation = found.installation();
  if (installation === undefined) return [];
  const isTold = subject.causes.some(({ kind }) => kind === 'notDecided' || kind === 'notObserved');
  const controller = controllerState(installation);
  const isAway = controller.kind !== 'leads' && controller.kind !== 'unknown';
  const job = evidence.jobs.get(subject.name);
  const isRecorded = job === undefined || job.metadata.annotations?.[OWN_ANNOTATIONS.gated] !== undefined;
  const webhook = webhookState(installation);
  return [
    ...(isAway && !isTold ? [{ kind: 'noController', controller } as const] : []),
    ...(isRecorded
      ? []
      : [
          {
            kind: 'notRecorded',
            webhook: webhook.kind === 'unknown' ? undefined : webhook,
            failurePolicy: valueOf(installation.configuration)?.failurePolicy,
          } as const,
        ]),
  ];
}
