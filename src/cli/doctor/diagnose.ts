import { checkKubernetes, checkLeftovers, checkResources, checkRights } from './check-cluster.ts';
import {
  checkAdmission,
  checkCertificate,
  checkController,
  checkDeployments,
  checkPolicy,
  checkWebhook,
  isThere,
  leads,
} from './check-installation.ts';
import { wrong, type Finding } from './finding.ts';
import type { DoctorSeen, InstallationSeen } from './seen.ts';

/**
 * Says how jobflow is installed, thing by thing. Pure.
 *
 * @param seen everything that was looked at
 */
export function diagnose(seen: DoctorSeen): Finding[] {
  const { installations, leftovers } = seen;
  const someLead = installations.map(({ installation }) => leads(installation));
  const isLed = someLead.includes(true) ? true : someLead.includes(undefined) ? undefined : false;
  return [
    ...checkKubernetes(seen),
    ...(isNothingThere(seen)
      ? [wrong('installation', 'jobflow is not installed in this cluster.', INSTALL)]
      : [
          ...checkResources(seen),
          ...installations.flatMap((one) => checkOne(one, seen, installations.length > 1)),
        ]),
    ...checkLeftovers(leftovers, isLed),
    ...checkRights(seen),
  ];
}

const INSTALL =
  'Install it: `helm install jobflow helm/jobflow --namespace jobflow-system --create-namespace --wait` (see docs/install.md).';

function checkOne(one: InstallationSeen, seen: DoctorSeen, isOneOfSeveral: boolean): Finding[] {
  const { installation } = one;
  const findings = [
    ...checkController(installation),
    ...checkWebhook(one, seen.nowMs),
    ...checkCertificate(one, seen.nowMs),
    ...checkAdmission(one, seen),
    ...checkPolicy(one, seen),
    ...checkDeployments(one, seen),
  ];
  return isOneOfSeveral
    ? findings.map((finding) => ({ ...finding, installation: installation.namespace }))
    : findings;
}

/** Only what was read to be absent counts; a Job is not made to wait either. */
function isNothingThere({ installations, served, admission }: DoctorSeen): boolean {
  return (
    served.length === 0 &&
    installations.every(({ installation }) => !isThere(installation)) &&
    admission.every(({ answer }) => answer.kind === 'notAsked' || answer.kind === 'notAllowed')
  );
}
