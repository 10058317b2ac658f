import { API_GROUP, API_VERSION } from '../../api/names.ts';
import { valueOf, type Reading } from '../installation/reading.ts';
import { counted } from '../view/counted.ts';
import { note, notReadable, ok, unknown, wrong, type Finding } from './finding.ts';
import { NEEDED_RIGHTS, nameOfRight } from './rights.ts';
import type { DoctorSeen, LeftoversSeen } from './seen.ts';

/** The oldest minor version of Kubernetes on which all of jobflow works (docs/compatibility.md). */
const OLDEST_MINOR = 31;
/** Jobs that one sentence names. */
const SHOWN = 3;

const RESOURCES = { jobflows: 'JobFlow', jobtemplates: 'JobTemplate', daemonjobs: 'DaemonJob' } as const;

/** Whether Kubernetes is new enough. */
export function checkKubernetes({ kubernetes }: Pick<DoctorSeen, 'kubernetes'>): Finding[] {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(kubernetes ?? '') ?? [];
  if (kubernetes === undefined || minor === undefined)
    return [unknown('kubernetes', 'The API server does not say which version it is.')];
  if (Number(major) > 1 || Number(minor) >= OLDEST_MINOR)
    return [ok('kubernetes', `Kubernetes is ${kubernetes}.`)];
  return [
    wrong(
      'kubernetes',
      `Kubernetes is ${kubernetes}, and jobflow needs 1.${OLDEST_MINOR} or newer.`,
      'Upgrade the cluster.',
    ),
  ];
}

/** Whether the cluster has jobflow's own resources, in the version that this program knows. */
export function checkResources({
  served,
  definitions,
  cliVersion,
}: Pick<DoctorSeen, 'served' | 'definitions' | 'cliVersion'>): Finding[] {
  const missing = Object.entries(RESOURCES).filter(([resource]) => !served.includes(resource));
  const known = valueOf(definitions) ?? [];
  const going = known.filter(({ isDeleting }) => isDeleting);
  if (missing.length === 0 && going.length === 0) {
    const other = known.map(({ version }) => version).find((version) => version !== cliVersion);
    if (other !== undefined) {
      return [
        note(
          'resources',
          `The CustomResourceDefinitions have version ${other}, and this program ${cliVersion}.`,
          'What only one of them knows does not work: use the same version.',
        ),
      ];
    }
    return [
      ok('resources', `The cluster has JobFlow, JobTemplate and DaemonJob (${API_GROUP}/${API_VERSION}).`),
    ];
  }
  return [
    ...(missing.length === 0
      ? []
      : [
          wrong(
            'resources',
            `The cluster does not have ${listed(missing.map(([, kind]) => kind))} (${API_GROUP}/${API_VERSION}).`,
            'Install the CustomResourceDefinitions: `helm upgrade` with crds.install=true, or `kubectl apply -k manifests/crds`.',
          ),
        ]),
    ...going.map(({ resource }) =>
      wrong(
        'resources',
        `The CustomResourceDefinition of ${resource} is being deleted, and with it all that it holds.`,
        `Find who keeps it: \`kubectl get ${resource} -A\`; once it is gone, install it anew.`,
      ),
    ),
  ];
}

/** Whether Jobs are kept by jobflow's finalizer that nobody takes off. */
export function checkLeftovers(leftovers: Reading<LeftoversSeen>, leads: boolean | undefined): Finding[] {
  if (leftovers.kind === 'forbidden')
    return [notReadable('leftovers', leftovers.what, 'whether Jobs are kept by a finalizer of jobflow')];
  if (leftovers.kind === 'absent') return [];
  const { where, kept, stuck } = leftovers.value;
  if (stuck.length > 0) {
    const shown = stuck.slice(0, SHOWN).join(', ') + (stuck.length > SHOWN ? ', …' : '');
    return [
      wrong(
        'leftovers',
        `${counted(stuck.length, 'Job', 'Jobs')} in ${where} cannot be deleted, for the finalizer ${API_GROUP}/keep-outcome: ${shown}.`,
        leads === true
          ? 'See the log of the controller; it may be that it does not follow this namespace.'
          : CLEAN_UP,
      ),
    ];
  }
  if (kept > 0 && leads === false) {
    return [
      wrong(
        'leftovers',
        `${counted(kept, 'Job', 'Jobs')} in ${where} could not be deleted: the finalizer ${API_GROUP}/keep-outcome is on them, and no controller takes it off.`,
        CLEAN_UP,
      ),
    ];
  }
  return [ok('leftovers', `No Job in ${where} is kept from its deletion by a finalizer of jobflow.`)];
}

const CLEAN_UP =
  'Start the controller; if jobflow is uninstalled, `kubectl apply -k manifests/cleanup` takes the finalizers off (see docs/operations.md).';

/** Which commands work with the rights that the user has. */
export function checkRights({
  rights,
  namespace,
  served,
}: Pick<DoctorSeen, 'rights' | 'namespace' | 'served'>): Finding[] {
  if (rights === undefined)
    return [
      unknown(
        'rights',
        'The API server does not say which rights you have, so neither which commands will work.',
      ),
    ];
  const there = NEEDED_RIGHTS.filter(
    ({ right }) => right.group !== API_GROUP || served.includes(right.resource),
  );
  const missing = there.filter(({ right }) => rights.get(nameOfRight(right)) !== true);
  if (missing.length === 0)
    return [ok('rights', `You have the rights in namespace "${namespace}" that all commands take.`)];
  return missing.map(({ right, commands }) =>
    note(
      'rights',
      `You may not ${nameOfRight(right)} in namespace "${namespace}": ${listed([...commands].sort())} will not do all that they can.`,
    ),
  );
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
