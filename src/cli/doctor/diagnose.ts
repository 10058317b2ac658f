import { checkKubernetes, checkLeftovers, checkResources, checkRights } from './check-cluster.ts';
import {
  checkAdmission,
  checkCertificate,
  checkController,
  checkDeployments,
  checkPolicy,
  checkWebhook,
  leads,
  mayBeThere,
} from './check-installation.ts';
import { wrong, type Finding } from './finding.ts';
import type { DoctorSeen, InstallationSeen } from './seen.ts';

/**
 * Says how jobflow is installed, thing by thing. Pure.
 *
 * @param seen everything that was looked at
 */
export function diagnose(seen: DoctorSeen): Finding[] {
  const { leftovers } = seen;
  const there = seen.installations.filter(({ installation }) => mayBeThere(installation));
  const installations = there.length > 0 ? there : [seen.installations[0]];
  const someLead = installations.map(({ installation }) => leads(installation));
  const isLed = someLead.includes(true) ? true : someLead.includes(undefined) ? undefined : false;
  return [
    ...checkKubernetes(seen),
    ...(there.length === 0 && isNobodyAsked(seen)
      ? [notInstalled(seen)]
      : [
          ...checkResources(seen),
          ...installations.flatMap((one) => checkOne(one, seen, installations.length > 1)),
        ]),
    ...checkLeftovers(leftovers, isLed),
    ...checkRights(seen),
  ];
}

function notInstalled({ served }: DoctorSeen): Finding {
  const left = served.length === 0 ? '' : '; only its CustomResourceDefinitions are';
  return wrong('installation', `jobflow is not installed in this cluster${left}.`, INSTALL);
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

function isNobodyAsked({ admission }: DoctorSeen): boolean {
  return admission.every(({ answer }) => answer.kind === 'notAsked' || answer.kind === 'notAllowed');
}
