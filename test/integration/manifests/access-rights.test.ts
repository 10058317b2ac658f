import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { readPath, startCluster, waitUntil } from '../../support/cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { chartObjects, objectsOf } from './support/chart-modes.ts';
import type { ChartMode } from './support/chart-modes.ts';

const CRDS = fileURLToPath(new URL('../../../manifests/crds', import.meta.url));
const RBAC = fileURLToPath(new URL('../../../manifests/rbac', import.meta.url));
const LIMIT_MS = 60_000;
/** A namespace in which jobflow has no business when it is told which ones it has. */
const DEFAULT = 'default';

type Right = {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  name?: string;
  namespace?: string;
};

/** One way to install jobflow, as far as rights go. */
type Installation = {
  readonly title: string;
  readonly mode: ChartMode;
  /** Of the release, and so the beginning of every name. */
  readonly name: string;
  /** Where jobflow runs. */
  readonly home: string;
  /** A namespace whose Jobs it looks after. */
  readonly place: string;
  readonly selfSigned: boolean;
};

const INSTALLATIONS: readonly Installation[] = [
  {
    title: 'with certificates from cert-manager, as in the manifests for kubectl apply -k',
    mode: 'cert-manager',
    name: 'jobflow',
    home: 'jobflow-system',
    place: DEFAULT,
    selfSigned: false,
  },
  {
    title: 'with a provided certificate',
    mode: 'provided',
    name: 'jobflow-provided',
    home: 'provided-system',
    place: DEFAULT,
    selfSigned: false,
  },
  {
    title: 'with certificates of its own',
    mode: 'self-signed',
    name: 'jobflow-self',
    home: 'self-system',
    place: DEFAULT,
    selfSigned: true,
  },
  {
    title: 'for some namespaces',
    mode: 'some namespaces',
    name: 'jobflow-teams',
    home: 'teams-system',
    place: 'team-a',
    selfSigned: true,
  },
];

type Account = 'webhook' | 'controller';
const ACCOUNTS: readonly Account[] = ['webhook', 'controller'];

const inNamespace = (namespace: string) => ({
  jobs: { group: 'batch', resource: 'jobs', namespace },
  leases: { group: 'coordination.k8s.io', resource: 'leases', namespace },
});

const each = (verbs: readonly string[], right: Omit<Right, 'verb'>): Right[] =>
  verbs.map((verb) => ({ verb, ...right }));

/** Rights to custom resources of jobflow. */
function resources(
  namespace: string,
  verbs: readonly string[],
  plurals: readonly string[],
  subresource?: string,
): Right[] {
  return plurals.flatMap((resource) =>
    each(verbs, {
      group: 'api.practice.com',
      resource,
      ...(subresource !== undefined && { subresource }),
      namespace,
    }),
  );
}

const READ = ['get', 'list', 'watch'];
const KINDS = ['jobflows', 'daemonjobs', 'jobtemplates'];

/** What an account does in the namespaces whose Jobs it looks after. */
function rightsInPlace(account: Account, place: string): Right[] {
  const { jobs } = inNamespace(place);
  switch (account) {
    case 'webhook':
      return [
        ...each(READ, jobs),
        ...resources(place, READ, ['jobflows', 'daemonjobs']),
        ...resources(place, ['get'], ['jobtemplates']),
      ];
    case 'controller':
      return [
        ...each([...READ, 'patch', 'create', 'delete'], jobs),
        ...each(['patch'], { ...jobs, subresource: 'status' }),
        ...resources(place, [...READ, 'create', 'delete', 'patch'], ['jobflows', 'daemonjobs']),
        ...resources(place, READ, ['jobtemplates']),
        ...resources(place, ['update'], KINDS, 'status'),
        ...resources(place, ['update'], ['jobflows', 'daemonjobs'], 'finalizers'),
        ...each(['create', 'patch'], { resource: 'events', namespace: place }),
      ];
  }
}

/** What an account does elsewhere: in its own namespace, and with what has no namespace. */
function rightsOfItsOwn(account: Account, { name, home, selfSigned }: Installation): Right[] {
  const { leases } = inNamespace(home);
  switch (account) {
    case 'webhook':
      return selfSigned
        ? [
            { verb: 'create', resource: 'secrets', namespace: home },
            ...each([...READ, 'patch'], {
              resource: 'secrets',
              namespace: home,
              name: `${name}-webhook-tls`,
            }),
            ...each([...READ, 'patch'], { ...CONFIGURATIONS, name }),
          ]
        : [];
    case 'controller':
      return [
        ...each(READ, { resource: 'nodes' }),
        ...each(['create'], leases),
        ...each(['get', 'update', 'patch'], { ...leases, name: `${name}-controller` }),
      ];
  }
}

const CONFIGURATIONS = { group: 'admissionregistration.k8s.io', resource: 'mutatingwebhookconfigurations' };
const WRITE = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** What neither account may do, except for what is listed above. */
function rightsOfNobody({ name, home, place }: Installation): Right[] {
  return [place, home, DEFAULT].flatMap((namespace) => {
    const { jobs, leases } = inNamespace(namespace);
    return [
      ...each([...READ, ...WRITE], jobs),
      ...each(['get', 'update', 'patch'], { ...jobs, subresource: 'status' }),
      ...each(['update', 'patch'], { ...jobs, subresource: 'finalizers' }),
      ...['secrets', 'configmaps', 'pods', 'serviceaccounts', 'roles', 'rolebindings'].flatMap((resource) =>
        each([...READ, ...WRITE], {
          ...(resource.startsWith('role') && { group: 'rbac.authorization.k8s.io' }),
          resource,
          namespace,
        }),
      ),
      ...each(READ, { resource: 'secrets', namespace, name: 'another' }),
      ...each(['update', 'delete'], { resource: 'secrets', namespace, name: `${name}-webhook-tls` }),
      ...each(['create'], { resource: 'pods', subresource: 'exec', namespace }),
      ...each(['create'], { resource: 'serviceaccounts', subresource: 'token', namespace }),
      ...each([...READ, ...WRITE], { resource: 'events', namespace }),
      ...each([...READ, ...WRITE], leases),
      ...each(['get', 'update', 'patch'], { ...leases, name: 'another' }),
      ...each(['delete'], { ...leases, name: `${name}-controller` }),
      ...resources(namespace, [...READ, ...WRITE], KINDS),
      ...resources(namespace, ['update', 'patch'], KINDS, 'status'),
      ...resources(namespace, ['update', 'patch'], KINDS, 'finalizers'),
      ...each(['patch'], { group: 'batch', resource: 'cronjobs', namespace }),
      ...each(['*'], { group: '*', resource: '*', namespace }),
    ];
  });
}

/** The same, for what has no namespace. */
function clusterRightsOfNobody({ name }: Installation): Right[] {
  return [
    ...each([...READ, ...WRITE], { resource: 'nodes' }),
    ...each(['list'], { resource: 'namespaces' }),
    ...each([...READ, ...WRITE], { ...CONFIGURATIONS, name: 'another' }),
    ...each([...READ, ...WRITE], { ...CONFIGURATIONS, name }),
    ...each([...READ, ...WRITE], {
      group: 'admissionregistration.k8s.io',
      resource: 'validatingadmissionpolicies',
      name,
    }),
    ...each(['create', 'bind', 'escalate'], {
      group: 'rbac.authorization.k8s.io',
      resource: 'clusterroles',
    }),
    ...each(['create'], { group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' }),
    ...each(['impersonate'], { resource: 'users' }),
  ];
}

describe('the access rights', function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
    await cluster.apply(
      ['team-a', 'team-b', ...INSTALLATIONS.map(({ home }) => home)].map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name },
      })),
    );
    await cluster.kubectl(['apply', '-k', CRDS]);
    for (const { mode, name, home } of INSTALLATIONS) {
      const objects = await chartObjects(mode, { release: name, namespace: home });
      await cluster.apply(
        objects.filter((one) =>
          /^(ServiceAccount|(Cluster)?Role(Binding)?)$/.test(String(readPath(one, 'kind'))),
        ),
      );
    }
    await waitUntil('the rights to be in force', async () => {
      const last = INSTALLATIONS.at(-1);
      return (
        last !== undefined &&
        isAllowed(
          cluster,
          'jobflow-teams-controller',
          { verb: 'patch', ...inNamespace(last.place).jobs },
          last.home,
        )
      );
    });
  });

  after(async () => {
    await cluster.stop();
  });

  for (const installation of INSTALLATIONS) {
    describe(installation.title, () => {
      const { name, home, place } = installation;
      const allowed = async (account: Account, rights: readonly Right[]): Promise<string[]> => {
        const sentences = new Set<string>();
        for (const right of rights) {
          if (await isAllowed(cluster, `${name}-${account}`, right, home)) sentences.add(sentence(right));
        }
        return [...sentences];
      };

      for (const account of ACCOUNTS) {
        const needed = [...rightsInPlace(account, place), ...rightsOfItsOwn(account, installation)];

        it(`give the ${account} every right that it needs`, async () => {
          expect(await allowed(account, needed)).to.deep.equal(needed.map(sentence));
        });

        it(`give the ${account} no right that it does not need`, async () => {
          // Where it is told no namespaces, it has the same rights in all of them.
          const places = place === DEFAULT ? [DEFAULT, home] : [place];
          const excused = new Set(
            [
              ...places.flatMap((one) => rightsInPlace(account, one)),
              ...rightsOfItsOwn(account, installation),
            ].map(sentence),
          );
          const others = [...rightsOfNobody(installation), ...clusterRightsOfNobody(installation)].filter(
            (right) => !excused.has(sentence(right)),
          );
          expect(await allowed(account, others)).to.deep.equal([]);
        });

        it(`let the ${account} ask whose token it is shown and what that account may`, async () => {
          const questions: Right[] = [
            { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
            { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews' },
          ];
          expect(await allowed(account, questions)).to.deep.equal(questions.map(sentence));
        });
      }
    });
  }

  it('are the same in the manifests for kubectl apply -k', async () => {
    const { stdout } = await cluster.kubectl(['kustomize', RBAC]);
    const rules = (objects: readonly unknown[]) =>
      Object.fromEntries(
        objects.flatMap((one) =>
          /^(Cluster)?Role$/.test(String(readPath(one, 'kind'))) &&
          readPath(one, 'metadata', 'annotations', 'helm.sh/hook') === undefined
            ? [
                [
                  `${String(readPath(one, 'kind'))} ${String(readPath(one, 'metadata', 'name'))}`,
                  readPath(one, 'rules'),
                ],
              ]
            : [],
        ),
      );
    const manifests = objectsOf(stdout);
    expect(rules(manifests)).to.deep.equal(rules(await chartObjects('cert-manager')));
  });

  it('let those who may edit a namespace edit its flows and templates, and viewers see them', async () => {
    await cluster.kubectl([
      ...['create', 'rolebinding', 'editor', '--clusterrole=edit', `--serviceaccount=${DEFAULT}:editor`],
      ...['-n', DEFAULT],
    ]);
    await cluster.kubectl([
      ...['create', 'rolebinding', 'viewer', '--clusterrole=view', `--serviceaccount=${DEFAULT}:viewer`],
      ...['-n', DEFAULT],
    ]);
    for (const resource of ['jobflows', 'jobtemplates', 'daemonjobs']) {
      const right = { group: 'api.practice.com', resource, namespace: DEFAULT };
      await waitUntil('the editor to be let through', () =>
        isAllowed(cluster, 'editor', { verb: 'create', ...right }, DEFAULT),
      );
      await waitUntil('the viewer to be let through', () =>
        isAllowed(cluster, 'viewer', { verb: 'list', ...right }, DEFAULT),
      );
      expect(await isAllowed(cluster, 'viewer', { verb: 'create', ...right }, DEFAULT)).to.equal(false);
    }
  });
});

/** Asks the API server, as `kubectl auth can-i` does. */
async function isAllowed(cluster: Cluster, account: string, right: Right, home: string): Promise<boolean> {
  const answer = await cluster.api.demand('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${home}:${account}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${home}`, 'system:authenticated'],
      resourceAttributes: right,
    },
  });
  return readPath(answer, 'status', 'allowed') === true;
}

function sentence({ verb, group, resource, subresource, name, namespace }: Right): string {
  const what = [resource, subresource].filter((part) => part !== undefined).join('/');
  return [
    `${verb} ${what}`,
    ...(group === undefined ? [] : [`of ${group}`]),
    ...(name === undefined ? [] : [`named ${name}`]),
    ...(namespace === undefined ? [] : [`in ${namespace}`]),
  ].join(' ');
}
