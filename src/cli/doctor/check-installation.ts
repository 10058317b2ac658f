import { formatDuration } from '../../api/duration.ts';
import {
  controllerState,
  isAskedIn,
  isFor,
  webhookState,
  type Installation,
  type ProgramDeployment,
} from '../installation/installation.ts';
import { valueOf } from '../installation/reading.ts';
import { certificateFacts, isValidAt, readBundle } from './certificate.ts';
import { note, notReadable, ok, unknown, wrong, type Finding } from './finding.ts';
import type { AdmissionSeen, CertificateSeen, DoctorSeen, InstallationSeen } from './seen.ts';

const DAY_MS = 24 * 3_600_000;
/** A certificate is renewed long before that, so that with less something is wrong. */
const RENEWED_DAYS = 7;
const RENEWED_SHARE = 0.2;
/** Certificates are often made valid from an hour before, since clocks differ. */
const BACKDATED_MS = 3_600_000;

/** Whether a controller decides about Jobs; undefined if that cannot be seen. */
export function leads(installation: Installation): boolean | undefined {
  const state = controllerState(installation);
  return state.kind === 'unknown' ? undefined : state.kind === 'leads';
}

/** Whether an installation may be there: a Lease alone is what an uninstallation has left. */
export function mayBeThere(installation: Installation): boolean {
  const { configuration, controller, webhook } = installation;
  return (
    [configuration, controller, webhook].some(({ kind }) => kind !== 'absent') || leads(installation) === true
  );
}

/** Whether a controller leads. */
export function checkController(installation: Installation): Finding[] {
  const { namespace, leaseName } = installation;
  const state = controllerState(installation);
  const logs = `See \`kubectl -n ${namespace} get pods\` and \`kubectl -n ${namespace} logs deployment/${deploymentName(installation.controller, 'controller')}\`.`;
  switch (state.kind) {
    case 'leads':
      return [ok('controller', `A controller leads: ${state.holder}.`)];
    case 'silent':
      return [
        wrong(
          'controller',
          `The controller ${state.holder} has not renewed its Lease for ${age(state.ageMs)}: nobody decides about Jobs.`,
          logs,
        ),
      ];
    case 'vacant':
      return [
        wrong(
          'controller',
          `No controller leads: the last one stepped down ${age(state.ageMs)} ago, so nobody decides about Jobs.`,
          logs,
        ),
      ];
    case 'noLease':
      return [
        wrong(
          'controller',
          `No controller has ever led: there is no Lease "${leaseName}" in namespace "${namespace}".`,
          logs,
        ),
      ];
    case 'unknown':
      return [notReadable('controller', state.what, 'whether a controller leads')];
  }
}

/** Whether the Deployments of both programs are available, and of which version they are. */
export function checkDeployments({ installation }: InstallationSeen, seen: DoctorSeen): Finding[] {
  const { namespace } = installation;
  return (['controller', 'webhook'] as const).flatMap((program): Finding[] => {
    const read = installation[program];
    if (read.kind === 'forbidden')
      return [notReadable('deployments', read.what, `whether all replicas of the ${program} run`)];
    if (read.kind === 'absent') {
      const works = program === 'controller' ? leads(installation) === true : isAsked(seen.admission);
      const message = `There is no Deployment of the ${program} in namespace "${namespace}".`;
      return works
        ? [
            note(
              'deployments',
              `${message.slice(0, -1)}; it runs elsewhere, or without the labels of the chart.`,
            ),
          ]
        : [wrong('deployments', message, INSTALL)];
    }
    return [...checkReplicas(read.value, program, namespace), ...checkVersion(read.value, program, seen)];
  });
}

const INSTALL =
  'Install it: `helm upgrade --install jobflow helm/jobflow --namespace jobflow-system --create-namespace` (see docs/install.md).';

function checkReplicas(
  { name, wanted, ready }: ProgramDeployment,
  program: string,
  namespace: string,
): Finding[] {
  if (wanted === 0) {
    return [
      wrong(
        'deployments',
        `The Deployment of the ${program} has been scaled to 0.`,
        `\`kubectl -n ${namespace} scale deployment/${name} --replicas=2\` starts it.`,
      ),
    ];
  }
  const replicas = `${ready} of ${wanted} replicas`;
  if (ready >= wanted) return [ok('deployments', `The ${program} is available: ${replicas} are ready.`)];
  return [
    wrong(
      'deployments',
      `The ${program} is ${ready === 0 ? 'not available' : 'available, but not as wanted'}: ${replicas} are ready.`,
      `See \`kubectl -n ${namespace} get pods,events\` and \`kubectl -n ${namespace} logs deployment/${name}\`.`,
    ),
  ];
}

function checkVersion(
  { version }: ProgramDeployment,
  program: string,
  { cliVersion }: DoctorSeen,
): Finding[] {
  if (version === undefined)
    return [unknown('versions', `The Deployment of the ${program} does not say which version it is.`)];
  if (version === cliVersion)
    return [ok('versions', `The ${program} has the version of this program, ${version}.`)];
  return [
    note(
      'versions',
      `The ${program} has version ${version}, and this program ${cliVersion}.`,
      'What only one of them knows does not work: use the same version.',
    ),
  ];
}

/** Whether the API server knows the webhook, and trusts it. */
export function checkWebhook({ installation, webhooks }: InstallationSeen, nowMs: number): Finding[] {
  const { configuration } = installation;
  const state = webhookState(installation);
  if (configuration.kind === 'forbidden')
    return [notReadable('webhook', configuration.what, 'whether the API server asks the webhook')];
  if (configuration.kind === 'absent')
    return [
      wrong('webhook', 'There is no webhook configuration: the API server asks nobody about Jobs.', INSTALL),
    ];
  if (webhooks.kind === 'forbidden')
    return [notReadable('webhook', webhooks.what, 'whether the API server can trust the webhook')];
  const { name, failurePolicy } = configuration.value;
  const bundles = (valueOf(webhooks) ?? []).filter(({ name: one }) => one.endsWith('.api.practice.com'));
  const faults = bundles.flatMap(({ name: webhook, caBundle }): Finding[] => {
    const authorities = readBundle(caBundle);
    const problem =
      caBundle === undefined || caBundle === ''
        ? 'has no caBundle'
        : authorities === undefined
          ? 'has a caBundle that holds no certificate'
          : authorities.some((one) => isValidAt(one, nowMs))
            ? undefined
            : 'has a caBundle whose authorities are no longer valid';
    return problem === undefined
      ? []
      : [
          wrong(
            'webhook',
            `The webhook ${webhook} of the configuration "${name}" ${problem}, so the API server cannot trust it.`,
            BUNDLE,
          ),
        ];
  });
  const unreached =
    state.kind === 'noEndpoints'
      ? [
          wrong(
            'webhook',
            `The Service ${state.service} of the webhook has no address that is ready.`,
            `See \`kubectl -n ${installation.namespace} get pods,endpointslices\`.`,
          ),
        ]
      : [];
  const lenient =
    failurePolicy === 'Ignore'
      ? [
          note(
            'webhook',
            `The configuration "${name}" has failurePolicy Ignore: while the webhook is away, annotated Jobs that are not created suspended are refused by the policy, and others are not completed.`,
          ),
        ]
      : [];
  const found = [...faults, ...unreached];
  return found.length > 0
    ? [...found, ...lenient]
    : [ok('webhook', `The webhook configuration "${name}" is there, with a caBundle.`), ...lenient];
}

const BUNDLE =
  'With certificates.mode self-signed the webhook writes it by itself, unless it lacks the right: see its log; with cert-manager its injector does; with provided, set certificates.caBundle (docs/certificates.md).';

/** Until when the certificate of the webhook is valid, and whether the API server can trust it. */
export function checkCertificate({ certificate, webhooks }: InstallationSeen, nowMs: number): Finding[] {
  switch (certificate.kind) {
    case 'unread':
      return [unknown('certificate', certificate.sentence)];
    case 'missing':
      return [
        wrong(
          'certificate',
          `There is no certificate for the webhook: ${certificate.source} holds none.`,
          RENEW,
        ),
      ];
    case 'read':
      return judgeCertificate(certificate, webhooks, nowMs);
  }
}

const RENEW =
  'With certificates.mode self-signed see the log of the webhook; with cert-manager, `kubectl describe certificate`; with provided, write a new pair into the Secret (docs/certificates.md).';

function judgeCertificate(
  { chain, host, source }: Extract<CertificateSeen, { kind: 'read' }>,
  webhooks: InstallationSeen['webhooks'],
  nowMs: number,
): Finding[] {
  const bundles = (valueOf(webhooks) ?? []).map(({ caBundle }) => readBundle(caBundle));
  const known = bundles.filter((bundle) => bundle !== undefined);
  const facts = certificateFacts(chain, known[0] ?? [], host, nowMs);
  const isTrusted = known.every((bundle) => certificateFacts(chain, bundle, host, nowMs).isTrusted);
  const until = new Date(facts.untilMs).toISOString().slice(0, 10);
  const leftMs = facts.untilMs - nowMs;
  const lifeMs = facts.untilMs - facts.fromMs - BACKDATED_MS;
  const isLate = leftMs < RENEWED_DAYS * DAY_MS && leftMs < RENEWED_SHARE * lifeMs;
  const the = `The certificate of the webhook (${source})`;
  return [
    ...(leftMs <= 0
      ? [wrong('certificate', `${the} ended on ${until}.`, RENEW)]
      : isLate
        ? [wrong('certificate', `${the} ends in ${age(leftMs)}, and has not been renewed.`, RENEW)]
        : [ok('certificate', `${the} is valid until ${until}.`)]),
    ...(facts.fitsName
      ? []
      : [wrong('certificate', `${the} is not for ${host}, by which the API server asks.`, RENEW)]),
    ...(isTrusted || known.length === 0
      ? []
      : [wrong('certificate', `${the} is not signed by an authority in the caBundle.`, BUNDLE)]),
  ];
}

/** What the API server does with objects that jobflow has to change or refuse. */
export function checkAdmission({ installation }: InstallationSeen, seen: DoctorSeen): Finding[] {
  const { namespace, admission } = seen;
  const configuration = valueOf(installation.configuration);
  if (
    !isFor(installation, namespace) ||
    (configuration !== undefined && !isAskedIn(configuration, namespace))
  ) {
    const follows = installation.follows;
    return [
      note(
        'admission',
        `Jobs in namespace "${namespace}" are none of jobflow's${follows === undefined ? '' : `: it is for ${follows.join(', ')}`}.`,
        'Name another namespace with -n, or add this one to the chart’s value `namespaces`.',
      ),
    ];
  }
  const said = admission.flatMap(({ answer }) => (answer.kind === 'notReached' ? [answer.said] : []));
  const [failed] = said;
  return [
    ...(failed === undefined
      ? []
      : [
          wrong(
            'admission',
            `The API server cannot ask the webhook: ${sentence(failed)}`,
            mendOfFailedCall(failed),
          ),
        ]),
    ...admission.flatMap((asked) => judgeAnswer(asked, namespace)),
  ];
}

function judgeAnswer({ name, answer }: AdmissionSeen, namespace: string): Finding[] {
  switch (answer.kind) {
    case 'asExpected':
      return [ok('admission', `A dry run shows: ${name}.`)];
    case 'notAllowed':
      return [
        unknown(
          'admission',
          `You may not ${answer.right} in namespace "${namespace}", so it is not tried whether ${name}.`,
          'Name a namespace with -n in which you may.',
        ),
      ];
    case 'refusedElsewhere':
      return [
        unknown(
          'admission',
          `It cannot be tried whether ${name}: ${sentence(answer.said)}`,
          'Name another namespace with -n.',
        ),
      ];
    case 'notAsked':
      return [
        wrong(
          'admission',
          `It is not so that ${name}: the API server does not ask the webhook.`,
          'See the webhook configuration: its rules, its namespaceSelector, and whether it is there.',
        ),
      ];
    case 'notReached':
      // Told once for all.
      return [];
  }
}

/**
 * What to do when the API server cannot ask the webhook, by what it says of it.
 *
 * @param said the API server's message
 */
export function mendOfFailedCall(said: string): string {
  if (said.includes('x509')) return BUNDLE;
  if (/service "[^"]*" not found/.test(said)) return INSTALL;
  if (/context deadline exceeded|i\/o timeout|Client\.Timeout/.test(said))
    return 'Let the API server reach port 9443 of the webhook’s pods: a firewall or a NetworkPolicy is in between.';
  return 'Start the webhook: see its pods and its log (docs/runbook.md#jobflowwebhookdown).';
}

/** Whether the policy is there that refuses what gets past the webhook. */
export function checkPolicy({ installation }: InstallationSeen, { policies }: DoctorSeen): Finding[] {
  if (policies.kind === 'forbidden')
    return [notReadable('policy', policies.what, 'whether the ValidatingAdmissionPolicy is there')];
  // Both are called after the release.
  const name = valueOf(installation.configuration)?.name;
  const all = valueOf(policies) ?? [];
  const policy = all.find((one) => one.name === name) ?? (name === undefined ? all[0] : undefined);
  if (policy === undefined)
    return [
      wrong(
        'policy',
        'There is no ValidatingAdmissionPolicy: nothing stops what gets past the webhook.',
        'Install it: `helm upgrade`, or `kubectl apply -k manifests/policy`.',
      ),
    ];
  return policy.isEnforced
    ? [ok('policy', `The ValidatingAdmissionPolicy "${policy.name}" is there, and bound.`)]
    : [
        wrong(
          'policy',
          `The ValidatingAdmissionPolicy "${policy.name}" has no binding with the action Deny, so it refuses nothing.`,
          'Install the binding: `helm upgrade`, or `kubectl apply -k manifests/policy`.',
        ),
      ];
}

/** At least one dry run has come to the webhook. */
function isAsked(admission: readonly AdmissionSeen[]): boolean {
  return admission.some(({ answer }) => answer.kind === 'asExpected');
}

function deploymentName(read: Installation['controller'], program: string): string {
  return valueOf(read)?.name ?? `jobflow-${program}`;
}

/** In seconds, or in days. */
function age(ms: number): string {
  if (!Number.isFinite(ms)) return 'a time unknown';
  return ms >= 2 * DAY_MS
    ? `${Math.floor(ms / DAY_MS)} days`
    : formatDuration(Math.max(1, Math.round(ms / 1_000)) * 1_000);
}

function sentence(said: string): string {
  return said.endsWith('.') ? said : `${said}.`;
}
