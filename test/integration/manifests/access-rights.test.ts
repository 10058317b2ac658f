import { expect } from 'chai';
import { fileURLToPath } from 'node:url';
import { readPath, startCluster, waitUntil } from '../../support/cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';

const MANIFESTS = fileURLToPath(new URL('../../../manifests', import.meta.url));
const LIMIT_MS = 60_000;
const SYSTEM = 'jobflow-system';
const ELSEWHERE = 'default';

type Right = {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  name?: string;
  namespace?: string;
};

const JOBS = { group: 'batch', resource: 'jobs', namespace: ELSEWHERE };
const LEASES = { group: 'coordination.k8s.io', resource: 'leases' };
const OWN_LEASE = { ...LEASES, namespace: SYSTEM, name: 'jobflow-controller' };

/** Rights to custom resources of jobflow. */
function resources(verbs: readonly string[], plurals: readonly string[], subresource?: string): Right[] {
  return plurals.flatMap((resource) =>
    verbs.map((verb) => ({
      verb,
      group: 'api.practice.com',
      resource,
      ...(subresource !== undefined && { subresource }),
      namespace: ELSEWHERE,
    })),
  );
}

const MAY: Record<string, readonly Right[]> = {
  'jobflow-webhook': [
    ...['get', 'list', 'watch'].map((verb) => ({ verb, ...JOBS })),
    ...resources(['get', 'list', 'watch'], ['jobflows', 'daemonjobs']),
    ...resources(['get'], ['jobtemplates']),
  ],
  'jobflow-controller': [
    ...['get', 'list', 'watch', 'patch', 'create', 'delete'].map((verb) => ({ verb, ...JOBS })),
    { verb: 'patch', ...JOBS, subresource: 'status' },
    ...resources(['get', 'list', 'watch', 'create', 'delete', 'patch'], ['jobflows', 'daemonjobs']),
    ...resources(['get', 'list', 'watch'], ['jobtemplates']),
    ...resources(['patch'], ['jobflows', 'daemonjobs', 'jobtemplates'], 'status'),
    ...resources(['update'], ['jobflows', 'daemonjobs'], 'finalizers'),
    ...['get', 'list', 'watch'].map((verb) => ({ verb, resource: 'nodes' })),
    ...['create', 'patch'].map((verb) => ({ verb, resource: 'events', namespace: ELSEWHERE })),
    { verb: 'create', ...LEASES, namespace: SYSTEM },
    ...['get', 'update', 'patch'].map((verb) => ({ verb, ...OWN_LEASE })),
  ],
};

/** What neither account may do. */
const NEITHER_MAY: readonly Right[] = [
  ...['update', 'deletecollection'].map((verb) => ({ verb, ...JOBS })),
  { verb: 'update', ...JOBS, subresource: 'status' },
  { verb: 'update', ...JOBS, subresource: 'finalizers' },
  ...['secrets', 'configmaps', 'pods', 'serviceaccounts'].flatMap((resource) =>
    ['get', 'list', 'watch', 'create', 'patch', 'delete'].flatMap((verb) => [
      { verb, resource, namespace: ELSEWHERE },
      { verb, resource, namespace: SYSTEM },
    ]),
  ),
  { verb: 'create', resource: 'pods', subresource: 'exec', namespace: ELSEWHERE },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: SYSTEM },
  ...['create', 'update', 'patch', 'delete'].map((verb) => ({ verb, resource: 'nodes' })),
  { verb: 'list', resource: 'namespaces' },
  { verb: 'list', resource: 'events', namespace: ELSEWHERE },
  { verb: 'create', ...LEASES, namespace: ELSEWHERE },
  { verb: 'get', ...LEASES, namespace: SYSTEM, name: 'another' },
  { verb: 'update', ...LEASES, namespace: SYSTEM, name: 'another' },
  { verb: 'delete', ...OWN_LEASE },
  ...resources(['update', 'deletecollection'], ['jobflows', 'daemonjobs', 'jobtemplates']),
  ...resources(['create', 'patch', 'delete'], ['jobtemplates']),
  ...resources(['update'], ['jobflows', 'daemonjobs', 'jobtemplates'], 'status'),
  ...['mutatingwebhookconfigurations', 'validatingadmissionpolicies'].flatMap((resource) =>
    ['get', 'update', 'patch', 'delete'].map((verb) => ({
      verb,
      group: 'admissionregistration.k8s.io',
      resource,
      name: 'jobflow',
    })),
  ),
  { verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'clusterrolebindings' },
  { verb: 'impersonate', resource: 'users' },
  { verb: 'patch', group: 'batch', resource: 'cronjobs', namespace: ELSEWHERE },
  { verb: '*', group: '*', resource: '*', namespace: ELSEWHERE },
];

const MAY_NOT: Record<string, readonly Right[]> = {
  'jobflow-webhook': [
    ...NEITHER_MAY,
    ...['patch', 'create', 'delete'].map((verb) => ({ verb, ...JOBS })),
    { verb: 'patch', ...JOBS, subresource: 'status' },
    ...resources(['create', 'patch', 'delete'], ['jobflows', 'daemonjobs']),
    ...resources(['patch'], ['jobflows', 'daemonjobs', 'jobtemplates'], 'status'),
    ...['get', 'list', 'watch'].map((verb) => ({ verb, resource: 'nodes' })),
    { verb: 'create', resource: 'events', namespace: ELSEWHERE },
    { verb: 'create', ...LEASES, namespace: SYSTEM },
    { verb: 'get', ...OWN_LEASE },
  ],
  'jobflow-controller': NEITHER_MAY,
};

describe('the access rights', function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
    for (const part of ['crds', 'rbac']) await cluster.kubectl(['apply', '-k', `${MANIFESTS}/${part}`]);
    await cluster.kubectl(['apply', '-k', `${MANIFESTS}/cleanup`]);
    await waitUntil('the rights to be in force', () =>
      isAllowed(cluster, 'jobflow-controller', { verb: 'patch', ...JOBS }),
    );
  });

  after(async () => {
    await cluster.stop();
  });

  for (const [account, rights] of Object.entries(MAY)) {
    for (const right of rights) {
      it(`let ${account} ${sentence(right)}`, async () => {
        expect(await isAllowed(cluster, account, right)).to.equal(true);
      });
    }
  }

  for (const [account, rights] of Object.entries(MAY_NOT)) {
    it(`give ${account} no right that it does not need`, async () => {
      const allowed = await Promise.all(
        rights.map(async (right) => ((await isAllowed(cluster, account, right)) ? sentence(right) : [])),
      );
      expect(allowed.flat()).to.deep.equal([]);
    });

    it(`let ${account} ask whose token it is shown and what that account may`, async () => {
      for (const [group, resource] of [
        ['authentication.k8s.io', 'tokenreviews'],
        ['authorization.k8s.io', 'subjectaccessreviews'],
      ] as const)
        expect(await isAllowed(cluster, account, { verb: 'create', group, resource })).to.equal(true);
    });
  }

  it('give the clean-up the right to list and patch what may have a finalizer, and no other', async () => {
    const may = [
      ...['list', 'patch'].map((verb) => ({ verb, ...JOBS })),
      ...resources(['list', 'patch'], ['jobflows', 'daemonjobs']),
    ];
    const mayNot = [
      ...NEITHER_MAY,
      ...['get', 'watch', 'create', 'delete'].map((verb) => ({ verb, ...JOBS })),
      { verb: 'patch', ...JOBS, subresource: 'status' },
      ...resources(['get', 'watch', 'create', 'delete'], ['jobflows', 'daemonjobs', 'jobtemplates']),
      { verb: 'list', resource: 'nodes' },
      { verb: 'create', ...LEASES, namespace: SYSTEM },
    ];
    const allowed = async (rights: readonly Right[]): Promise<string[]> => {
      const answers = await Promise.all(
        rights.map(async (right) =>
          (await isAllowed(cluster, 'jobflow-cleanup', right)) ? sentence(right) : [],
        ),
      );
      return answers.flat();
    };
    expect(await allowed(may)).to.deep.equal(may.map(sentence));
    expect(await allowed(mayNot)).to.deep.equal([]);
  });

  it('let those who may edit a namespace edit its flows and templates, and viewers see them', async () => {
    await cluster.kubectl([
      ...['create', 'rolebinding', 'editor', '--clusterrole=edit', `--serviceaccount=${ELSEWHERE}:editor`],
      ...['-n', ELSEWHERE],
    ]);
    await cluster.kubectl([
      ...['create', 'rolebinding', 'viewer', '--clusterrole=view', `--serviceaccount=${ELSEWHERE}:viewer`],
      ...['-n', ELSEWHERE],
    ]);
    for (const resource of ['jobflows', 'jobtemplates', 'daemonjobs']) {
      const right = { group: 'api.practice.com', resource, namespace: ELSEWHERE };
      await waitUntil('the editor to be let through', () =>
        isAllowed(cluster, 'editor', { verb: 'create', ...right }, ELSEWHERE),
      );
      await waitUntil('the viewer to be let through', () =>
        isAllowed(cluster, 'viewer', { verb: 'list', ...right }, ELSEWHERE),
      );
      expect(await isAllowed(cluster, 'viewer', { verb: 'create', ...right }, ELSEWHERE)).to.equal(false);
    }
  });
});

/** Asks the API server, as `kubectl auth can-i` does. */
async function isAllowed(cluster: Cluster, account: string, right: Right, home = SYSTEM): Promise<boolean> {
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
