import { expect } from 'chai';
import { connect } from '../../../src/kube/connection.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { ReflectorOptions } from '../../../src/kube/reflector.ts';
import { waitUntil } from '../../support/cluster.ts';
import { kubeconfigThrough, startBareControlPlane } from './support/bare-control-plane.ts';
import type { BareControlPlane } from './support/bare-control-plane.ts';
import { ConfigMaps, projectConfigMap } from './support/config-maps.ts';
import type { ConfigMapRecord } from './support/config-maps.ts';
import { recordedLog } from './support/recorded-log.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

describe('reflector', function () {
  this.timeout(60_000);

  let plane: BareControlPlane;
  let proxy: TcpProxy;
  /** Always works. */
  let direct: Connection;
  /** Goes through the proxy. */
  let fragile: Connection;
  let maps: ConfigMaps;
  let running: Reflector<ConfigMapRecord>[];

  before(async function () {
    this.timeout(180_000);
    plane = await startBareControlPlane();
    proxy = await TcpProxy.start(plane.apiServerPort);
    const settings = { connections: 8, userAgent: 'jobflow-test' };
    direct = await connect({ ...settings, kubeconfigPath: plane.cluster.kubeconfigPath });
    fragile = await connect({
      ...settings,
      kubeconfigPath: await kubeconfigThrough(plane.cluster, proxy.port),
    });
  });

  after(async () => {
    await Promise.all([direct.close(), fragile.close()]);
    await proxy.stop();
    await plane.stop();
  });

  beforeEach(async () => {
    const answer = await plane.cluster.api.demand('POST', '/api/v1/namespaces', {
      metadata: { generateName: 'reflector-' },
    });
    const { name } = (answer as { metadata: { name: string } }).metadata;
    maps = new ConfigMaps(direct, name);
    running = [];
  });

  afterEach(async () => {
    proxy.accept();
    // No later test gets a connection that this one has broken.
    proxy.reset();
    await Promise.all(running.map((one) => one.stop()));
  });

  /** Follows the namespace's ConfigMaps; `seen` fills with one line for each change. */
  function follow(options: Partial<ReflectorOptions<ConfigMapRecord>> = {}): {
    reflector: Reflector<ConfigMapRecord>;
    seen: string[];
    log: ReturnType<typeof recordedLog>;
  } {
    const log = recordedLog();
    const reflector = new Reflector<ConfigMapRecord>({
      connection: fragile,
      path: maps.path,
      project: projectConfigMap,
      log,
      relistJitterMs: 50,
      ...options,
    });
    const seen: string[] = [];
    reflector.subscribe((change) => {
      const { name, value = '' } = change.record;
      seen.push(
        change.kind === 'updated'
          ? `${name}: ${change.previous.value ?? ''} → ${value}`
          : `${change.kind} ${name}`,
      );
    });
    running.push(reflector);
    reflector.start();
    return { reflector, seen, log };
  }

  async function until(seen: readonly string[], wanted: readonly string[], limitMs = 10_000): Promise<void> {
    await waitUntil(wanted.join(', '), () => seen.length >= wanted.length, {
      limitMs,
      explain: () => seen.join('\n'),
    });
    expect(seen).to.deep.equal(wanted);
  }

  it('lists in pages, then sees every change', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await maps.create(name);
    const { reflector, seen } = follow({ pageSize: 2 });
    expect(reflector.synced).to.equal(false);
    await reflector.whenSynced;
    expect([...reflector.store.values()].map(({ name }) => name)).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
    seen.length = 0;
    await maps.create('f');
    await maps.set('a', 'second');
    await maps.remove('b');
    await until(seen, ['added f', 'a: first → second', 'deleted b']);
    expect(reflector.store.size).to.equal(5);
    expect(reflector.lastContactMs).to.be.a('number');
  });

  it('goes on where a watch ended, without listing again', async () => {
    await maps.create('a');
    const { reflector, seen, log } = follow({ watchSeconds: 1 });
    await waitUntil('the third watch', () => reflector.counters.watches >= 3);
    await maps.set('a', 'second');
    await until(seen, ['added a', 'a: first → second']);
    expect(reflector.counters).to.include({ relists: 0, failures: 0, stalls: 0 });
    expect(log.lines).to.deep.equal([]);
  });

  it('survives a reset connection and misses nothing', async () => {
    await maps.create('a');
    const { reflector, seen } = follow();
    await reflector.whenSynced;
    await waitUntil('the watch', () => reflector.counters.watches === 1 && proxy.open > 0);
    proxy.refuse();
    await maps.set('a', 'second');
    await maps.create('b');
    proxy.accept();
    await until(seen, ['added a', 'a: first → second', 'added b'], 2_000);
    expect(reflector.counters.relists).to.equal(0);
    expect(reflector.counters.failures).to.be.greaterThan(0);
  });

  it('notices a watch that no longer gets anything, and resumes', async () => {
    const { reflector, seen } = follow({ watchSeconds: 1, stallGraceMs: 500 });
    await reflector.whenSynced;
    await maps.create('a');
    await until(seen, ['added a']);
    proxy.blackHole();
    await maps.create('b');
    await until(seen, ['added a', 'added b'], 5_000);
    expect(reflector.counters).to.include({ stalls: 1, relists: 0 });
  });

  it('a list that gets no answer is asked for again', async () => {
    await maps.create('a');
    const kubeconfigPath = await kubeconfigThrough(plane.cluster, proxy.port);
    const connection = await connect({ connections: 1, userAgent: 'jobflow-test', kubeconfigPath });
    try {
      await connection.request({ method: 'GET', path: maps.path });
      // The list goes out on the connection that is open, and dead.
      proxy.blackHole();
      const { reflector, seen } = follow({ connection, listTimeoutMs: 500 });
      await until(seen, ['added a']);
      expect(reflector.counters.failures).to.equal(1);
      await reflector.stop();
    } finally {
      await connection.close();
    }
  });

  it('an object re-created under its name is deleted, then added, within a watch', async () => {
    const { reflector, seen } = follow();
    await reflector.whenSynced;
    await maps.create('a');
    await maps.remove('a');
    await maps.create('a', 'again');
    await until(seen, ['added a', 'deleted a', 'added a']);
    expect(reflector.store.get([...reflector.store.keys()][0] ?? '')?.value).to.equal('again');
  });

  it('lists again when the API server no longer knows its version, and tells the differences', async () => {
    for (const name of ['changed', 'gone', 'kept', 're-created']) await maps.create(name);
    const { reflector, seen } = follow();
    await reflector.whenSynced;
    proxy.refuse();
    await maps.set('changed', 'second');
    await maps.remove('gone');
    await maps.remove('re-created');
    await maps.create('re-created');
    await maps.create('new');
    await plane.compact();
    // A new API server knows no version from before its start.
    await plane.apiServer.restart();
    await plane.untilReady();
    seen.length = 0;
    proxy.accept();
    await until(seen, [
      'changed: first → second',
      // What is new comes last, as if it had been created after the rest was gone.
      'deleted gone',
      'deleted re-created',
      'added new',
      'added re-created',
    ]);
    expect(reflector.counters.relists).to.equal(1);
  });

  it('begins a list again whose next page has expired', async () => {
    for (const name of ['a', 'b', 'c']) await maps.create(name);
    await plane.compact();
    let spoiled = false;
    const spoiling: Connection = {
      server: fragile.server,
      namespace: fragile.namespace,
      serverTimeMs: () => fragile.serverTimeMs(),
      stream: (request) => fragile.stream(request),
      close: () => fragile.close(),
      request: (request) => {
        const token = request.query?.continue;
        if (typeof token !== 'string' || spoiled) return fragile.request(request);
        spoiled = true;
        return fragile.request({ ...request, query: { ...request.query, continue: expired(token) } });
      },
    };
    const { reflector, seen, log } = follow({ connection: spoiling, pageSize: 2 });
    await reflector.whenSynced;
    expect(seen).to.deep.equal(['added a', 'added b', 'added c']);
    expect(log.lines.map(({ fields }) => fields)).to.have.length(1);
    expect(log.lines[0]?.fields).to.include({ status: 410, reason: 'Expired' });
  });

  it('is back about a second after the API server', async () => {
    await maps.create('a');
    const { reflector, seen } = follow({ connection: direct });
    await reflector.whenSynced;
    await plane.apiServer.kill();
    await waitUntil('the reflector to notice', () => reflector.counters.failures >= 5);
    await plane.apiServer.restart();
    await plane.untilReady();
    const readyMs = performance.now();
    await maps.set('a', 'second');
    await until(seen, ['added a', 'a: first → second']);
    expect(performance.now() - readyMs).to.be.lessThan(2_500);
  });

  it('a handler or a projection that throws is logged, and everything else goes on', async () => {
    const { reflector, seen, log } = follow({
      project: (object) => {
        const record = projectConfigMap(object);
        if (record.name === 'bad') throw new Error('unreadable');
        return record;
      },
    });
    reflector.subscribe(() => {
      throw new Error('handler');
    });
    await reflector.whenSynced;
    await maps.create('bad');
    await maps.create('good');
    await until(seen, ['added good']);
    await waitUntil('both errors', () => reflector.counters.errors === 2);
    expect(log.lines.map(({ message }) => message)).to.deep.equal([
      'object cannot be read, left out',
      'handler of a change threw',
    ]);
  });

  it('says nothing more once it has stopped', async () => {
    const { reflector, seen } = follow();
    await reflector.whenSynced;
    await reflector.stop();
    await maps.create('a');
    const { seen: others } = follow();
    await until(others, ['added a']);
    expect(seen).to.deep.equal([]);
  });
});

/** The continue token as it would be from the first version of all, which etcd has compacted. */
function expired(token: string): string {
  const { start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { start: string };
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: 1, start })).toString('base64url');
}
