import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ApiErrorKind } from '../../../src/kube/api-error.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { apiPath, connect } from '../../../src/kube/connection.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import type { Cluster } from '../../support/cluster.ts';
import { waitUntil } from '../../support/cluster.ts';
import { freshNamespace, sharedCluster, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';

const SETTINGS = { connections: 2, userAgent: 'jobflow-test' };

async function failure(request: Promise<unknown>): Promise<ApiError> {
  try {
    await request;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the request succeeded');
}

describe('connection', function () {
  this.timeout(30_000);

  let cluster: Cluster;
  let connection: Connection;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    namespace = await freshNamespace(cluster, 'connection');
    connection = await connect({ ...SETTINGS, kubeconfigPath: cluster.kubeconfigPath });
  });

  after(() => connection.close());

  const configMaps = (): string => apiPath`/api/v1/namespaces/${namespace}/configmaps`;

  /** A kubeconfig of the namespace's default service account that says who it is in the given way. */
  async function kubeconfigOf(name: string, user: object): Promise<string> {
    const path = join(cluster.directory, `${name}.kubeconfig`);
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [
        {
          name: 'c',
          cluster: {
            server: cluster.server,
            'certificate-authority-data': Buffer.from(cluster.caCert).toString('base64'),
          },
        },
      ],
      users: [{ name: 'u', user }],
    };
    await writeFile(path, JSON.stringify(config));
    return path;
  }

  async function token(): Promise<string> {
    const answer = await connection.request({
      method: 'POST',
      path: apiPath`/api/v1/namespaces/${namespace}/serviceaccounts/default/token`,
      body: { spec: {} },
    });
    return (answer as { status: { token: string } }).status.token;
  }

  async function userOf(other: Connection): Promise<string> {
    const answer = await other.request({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: {},
    });
    return (answer as { status: { userInfo: { username: string } } }).status.userInfo.username;
  }

  it("tells the API server's time by its own answers and a monotonic clock", async () => {
    let nowMs = 5_000;
    const own = await connect({ ...SETTINGS, kubeconfigPath: cluster.kubeconfigPath, now: () => nowMs });
    try {
      expect(own.serverTimeMs()).to.be.closeTo(Date.now(), 5_000);
      await own.request({ method: 'GET', path: '/version' });
      const before = own.serverTimeMs();
      expect(before).to.be.closeTo(Date.now(), 5_000);
      nowMs += 3_600_000;
      expect(own.serverTimeMs()).to.equal(before + 3_600_000);
    } finally {
      await own.close();
    }
  });

  it('gives parsed JSON, and the text of what is not JSON', async () => {
    expect(await connection.request({ method: 'GET', path: configMaps() })).to.include({
      kind: 'ConfigMapList',
    });
    expect(await connection.request({ method: 'GET', path: '/readyz' })).to.equal('ok');
  });

  const refused: readonly [string, ApiErrorKind, string, () => Promise<unknown>][] = [
    [
      'an object that does not exist',
      'notFound',
      'NotFound',
      () => connection.request({ method: 'GET', path: `${configMaps()}/none` }),
    ],
    [
      'an object that exists already',
      'conflict',
      'AlreadyExists',
      () =>
        connection.request({
          method: 'POST',
          path: '/api/v1/namespaces',
          body: { metadata: { name: namespace } },
        }),
    ],
    [
      'a version that has passed',
      'conflict',
      'Conflict',
      () =>
        connection.request({
          method: 'PATCH',
          path: `${configMaps()}/kube-root-ca.crt`,
          body: { metadata: { resourceVersion: '1' }, data: { a: 'b' } },
        }),
    ],
    [
      'a name that is not one',
      'invalid',
      'Invalid',
      () =>
        connection.request({
          method: 'POST',
          path: configMaps(),
          body: { metadata: { name: 'Not a name' } },
        }),
    ],
  ];
  for (const [what, kind, reason, request] of refused) {
    it(`classifies ${what} as ${kind}`, async () => {
      await waitUntil('the root CA', async () => {
        const maps = await connection.request({ method: 'GET', path: configMaps() });
        return (maps as { items: unknown[] }).items.length > 0;
      });
      expect(await failure(request())).to.include({ kind, reason });
    });
  }

  it('ends a request at its limit, at its signal and when it closes', async () => {
    const slow = (signal?: AbortSignal, timeoutMs?: number): Promise<unknown> =>
      connection.request({ method: 'GET', path: configMaps(), query: { watch: true }, signal, timeoutMs });
    expect(await failure(slow(undefined, 100))).to.include({ kind: 'retry', reason: 'Timeout' });
    expect(await failure(slow(AbortSignal.timeout(100)))).to.include({ kind: 'aborted' });
    expect(await failure(slow(AbortSignal.abort()))).to.include({ kind: 'aborted' });
    const other = await connect({ ...SETTINGS, kubeconfigPath: cluster.kubeconfigPath });
    const unanswered = failure(other.request({ method: 'GET', path: configMaps(), query: { watch: true } }));
    await other.request({ method: 'GET', path: '/readyz' });
    await other.close();
    expect(await unanswered).to.include({ kind: 'aborted' });
  });

  it('watches take no connection from requests', async () => {
    const end = new AbortController();
    let opened = 0;
    const watches = Array.from({ length: 10 }, async () => {
      const query = { watch: true, timeoutSeconds: 60 };
      const onOpen = (): void => void (opened += 1);
      try {
        for await (const line of connection.stream({
          path: configMaps(),
          query,
          signal: end.signal,
          onOpen,
        })) {
          expect(line.length).to.be.greaterThan(0);
        }
      } catch (error) {
        expect(error).to.include({ kind: 'aborted' });
      }
    });
    await waitUntil('all watches', () => opened === 10);
    expect(await connection.request({ method: 'GET', path: '/readyz' })).to.equal('ok');
    end.abort();
    await Promise.all(watches);
  });

  it('leaving the loop ends a stream', async () => {
    for await (const line of connection.stream({ path: configMaps(), query: { watch: true } })) {
      expect(JSON.parse(line.toString())).to.include({ type: 'ADDED' });
      break;
    }
  });

  it('a stream that is refused throws before its first line', async () => {
    const path = '/api/v1/nothing';
    const read = async (): Promise<void> => {
      for await (const line of connection.stream({ path })) throw new Error(line.toString());
    };
    expect(await failure(read())).to.include({ kind: 'notFound', status: 404 });
  });

  it('takes up a rotated token after a 401', async () => {
    const file = join(cluster.directory, `${namespace}.token`);
    await writeFile(file, 'not a token');
    const other = await connect({
      ...SETTINGS,
      kubeconfigPath: await kubeconfigOf(namespace, { tokenFile: file }),
    });
    try {
      expect(await failure(userOf(other))).to.include({ kind: 'denied', status: 401 });
      await writeFile(file, `${await token()}\n`);
      expect(await userOf(other)).to.equal(`system:serviceaccount:${namespace}:default`);
    } finally {
      await other.close();
    }
  });

  it('reads a rotated token once a minute even if the old one still works', async () => {
    const file = join(cluster.directory, `${namespace}.rotated`);
    await writeFile(file, await token());
    let nowMs = 0;
    const kubeconfigPath = await kubeconfigOf(`${namespace}-rotated`, { tokenFile: file });
    const other = await connect({ ...SETTINGS, kubeconfigPath, now: () => nowMs });
    try {
      await userOf(other);
      await writeFile(file, 'not a token');
      nowMs = 59_000;
      await userOf(other);
      nowMs = 60_000;
      expect(await failure(userOf(other))).to.include({ status: 401 });
    } finally {
      await other.close();
    }
  });

  it('asks a credential plugin, with KUBERNETES_EXEC_INFO set', async () => {
    const script = join(cluster.directory, `${namespace}.plugin.sh`);
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', status: { token: await token() } };
    await writeFile(
      script,
      `#!/bin/sh\ntest -n "$KUBERNETES_EXEC_INFO" && echo '${JSON.stringify(credential)}'\n`,
    );
    await chmod(script, 0o700);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: script, interactiveMode: 'Never' };
    const other = await connect({
      ...SETTINGS,
      kubeconfigPath: await kubeconfigOf(`${namespace}-exec`, { exec }),
    });
    try {
      expect(await userOf(other)).to.equal(`system:serviceaccount:${namespace}:default`);
    } finally {
      await other.close();
    }
  });

  it('an API server that is not there is worth another try', async () => {
    const kubeconfigPath = await kubeconfigOf(`${namespace}-nobody`, { token: 'x' });
    await writeFile(
      kubeconfigPath,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
        users: [{ name: 'u', user: {} }],
      }),
    );
    const other = await connect({ ...SETTINGS, kubeconfigPath });
    expect(await failure(other.request({ method: 'GET', path: '/readyz' }))).to.include({
      kind: 'retry',
      reason: 'ECONNREFUSED',
    });
    await other.close();
  });

  it('a server that another authority has signed is not talked to', async () => {
    const path = join(cluster.directory, `${namespace}-untrusted.kubeconfig`);
    const user = { token: await token() };
    const clusters = [{ name: 'c', cluster: { server: cluster.server } }];
    const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }];
    await writeFile(
      path,
      JSON.stringify({ 'current-context': 'c', contexts, clusters, users: [{ name: 'u', user }] }),
    );
    const other = await connect({ ...SETTINGS, kubeconfigPath: path });
    expect((await failure(userOf(other))).reason).to.match(/CERT|VERIFY/);
    await other.close();
  });

  it('a variable part of a path cannot reach another resource', () => {
    expect(apiPath`/api/v1/namespaces/${'a'}/events/${'../../secrets?x'}`).to.equal(
      '/api/v1/namespaces/a/events/..%2F..%2Fsecrets%3Fx',
    );
  });
});
