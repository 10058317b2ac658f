import { expect } from 'chai';
import { connect } from '../../../src/kube/connection.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { LeaderElector } from '../../../src/kube/lease.ts';
import type { LeaderElectorOptions, LeadershipEnd } from '../../../src/kube/lease.ts';
import type { Cluster } from '../../support/cluster.ts';
import { waitUntil } from '../../support/cluster.ts';
import { freshNamespace, sharedCluster, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { kubeconfigThrough } from './support/bare-control-plane.ts';
import { recordedLog } from './support/recorded-log.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

/** Quick enough for tests, in the same proportions. */
const TIMES = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400, standbyPeriodMs: 200 };

interface Candidate {
  readonly elector: LeaderElector;
  readonly told: ('started' | LeadershipEnd)[];
}

describe('leader election', function () {
  this.timeout(30_000);

  let cluster: Cluster;
  let proxy: TcpProxy;
  let direct: Connection;
  let fragile: Connection;
  let namespace: string;
  let candidates: Candidate[];

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    proxy = await TcpProxy.start(Number(new URL(cluster.server).port));
    const settings = { connections: 4, userAgent: 'jobflow-test' };
    direct = await connect({ ...settings, kubeconfigPath: cluster.kubeconfigPath });
    fragile = await connect({ ...settings, kubeconfigPath: await kubeconfigThrough(cluster, proxy.port) });
  });

  after(async () => {
    await Promise.all([direct.close(), fragile.close()]);
    await proxy.stop();
  });

  beforeEach(async () => {
    namespace = await freshNamespace(cluster, 'lease');
    candidates = [];
  });

  afterEach(async () => {
    proxy.accept();
    await Promise.all(candidates.map(({ elector }) => elector.release()));
  });

  function candidate(identity: string, options: Partial<LeaderElectorOptions> = {}): Candidate {
    const told: Candidate['told'] = [];
    const elector = new LeaderElector({
      connection: direct,
      namespace,
      name: 'leader',
      identity,
      log: recordedLog(),
      onStarted: () => told.push('started'),
      onStopped: (end) => void told.push(end),
      ...TIMES,
      ...options,
    });
    const one = { elector, told };
    candidates.push(one);
    elector.start();
    return one;
  }

  async function leads({ elector }: Candidate): Promise<void> {
    await waitUntil('the leader', () => elector.isLeader());
  }

  interface LeaseSpec {
    readonly holderIdentity?: string;
    readonly leaseTransitions: number;
    readonly renewTime: string;
    readonly acquireTime: string;
  }

  async function lease(): Promise<LeaseSpec> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/leader`;
    return ((await direct.request({ method: 'GET', path })) as { spec: LeaseSpec }).spec;
  }

  it('one of two leads, renews, and says so once', async () => {
    const a = candidate('a');
    await leads(a);
    const b = candidate('b');
    const { renewTime: first, acquireTime } = await lease();
    await waitUntil(
      'three renewals',
      async () => Date.parse((await lease()).renewTime) > Date.parse(first) + 1_000,
    );
    expect(await lease()).to.include({ holderIdentity: 'a', leaseTransitions: 0, acquireTime });
    expect(b.elector.isLeader()).to.equal(false);
    expect(b.elector.holder).to.equal('a');
    expect(a.told).to.deep.equal(['started']);
  });

  it('a standby takes over within a second of a graceful end', async () => {
    const a = candidate('a');
    await leads(a);
    const b = candidate('b', { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, standbyPeriodMs: 1_000 });
    await waitUntil('the standby to look', () => b.elector.holder === 'a');
    const startMs = performance.now();
    await a.elector.release();
    expect(a.elector.isLeader()).to.equal(false);
    await leads(b);
    expect(performance.now() - startMs).to.be.lessThan(1_500);
    expect(a.told).to.deep.equal(['started', 'released']);
    expect(await lease()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('a leader cut off stops in time, before the standby begins', async () => {
    const a = candidate('a', { connection: fragile });
    await leads(a);
    const b = candidate('b');
    await waitUntil('the standby to look', () => b.elector.holder === 'a');
    proxy.refuse();
    await leads(b);
    expect(a.elector.isLeader()).to.equal(false);
    expect(a.told).to.deep.equal(['started', 'notRenewed']);
    proxy.accept();
    await waitUntil('the old leader to see the new one', () => a.elector.holder === 'b');
    expect(a.told).to.deep.equal(['started', 'notRenewed']);
  });

  it('a leader whose connection has gone dead renews over another one', async () => {
    const a = candidate('a', { connection: fragile });
    await leads(a);
    const { renewTime } = await lease();
    proxy.blackHole();
    await waitUntil('a renewal', async () => (await lease()).renewTime > renewTime, { limitMs: 5_000 });
    expect(a.told).to.deep.equal(['started']);
    proxy.reset();
  });

  it('is no leader the moment its deadline has passed, before any timer has noticed', async () => {
    let aheadMs = 0;
    const a = candidate('a', { monotonicNow: () => performance.now() + aheadMs });
    await leads(a);
    // As after SIGSTOP and SIGCONT.
    aheadMs = TIMES.renewDeadlineMs;
    expect(a.elector.isLeader()).to.equal(false);
    await waitUntil('the handler', () => a.told.includes('notRenewed'));
    await leads(a);
    expect(a.told).to.deep.equal(['started', 'notRenewed', 'started']);
    expect(await lease()).to.include({ holderIdentity: 'a', leaseTransitions: 0 });
  });

  it('does not believe clocks: a lease renewed in the future or the past is only watched for changes', async () => {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const spec = {
      holderIdentity: 'gone',
      leaseDurationSeconds: 1,
      renewTime: '2100-01-01T00:00:00.000000Z',
    };
    await direct.request({ method: 'POST', path, body: { metadata: { name: 'leader' }, spec } });
    const b = candidate('b', { now: () => Date.UTC(1999, 0) });
    await leads(b);
    expect(await lease()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
  });

  it('keeps what others have written on the Lease, and recreates one that was deleted', async () => {
    const a = candidate('a');
    await leads(a);
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/leader`;
    await direct.request({ method: 'PATCH', path, body: { metadata: { labels: { kept: 'yes' } } } });
    const { renewTime } = await lease();
    await waitUntil('a renewal', async () => (await lease()).renewTime !== renewTime);
    const object = (await direct.request({ method: 'GET', path })) as { metadata: { labels: object } };
    expect(object.metadata.labels).to.deep.equal({ kept: 'yes' });
    await direct.request({ method: 'DELETE', path });
    await waitUntil(
      'the new Lease',
      async () => (await lease().catch(() => undefined))?.holderIdentity === 'a',
    );
    expect(a.told).to.deep.equal(['started']);
  });

  it('steps down when someone else has written itself into the Lease', async () => {
    const a = candidate('a');
    await leads(a);
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/leader`;
    await direct.request({ method: 'PATCH', path, body: { spec: { holderIdentity: 'intruder' } } });
    await waitUntil('the end of its leadership', () => a.told.includes('taken'));
    expect(a.elector.isLeader()).to.equal(false);
  });

  it('refuses durations that do not fit together', () => {
    expect(() => candidate('a', { renewDeadlineMs: 5_000, leaseDurationMs: 5_000 })).to.throw(RangeError);
  });
});
