import { expect } from 'chai';
import { connect } from '../../../src/kube/connection.ts';
import type { Connection } from '../../../src/kube/connection.ts';
import { EventRecorder } from '../../../src/kube/events.ts';
import type { Announcement, EventRecorderOptions } from '../../../src/kube/events.ts';
import type { Cluster } from '../../support/cluster.ts';
import { waitUntil } from '../../support/cluster.ts';
import { freshNamespace, sharedCluster, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { kubeconfigThrough } from './support/bare-control-plane.ts';
import { recordedLog } from './support/recorded-log.ts';
import { TcpProxy } from './support/tcp-proxy.ts';

interface EventObject {
  readonly metadata: { readonly name: string };
  readonly involvedObject: { readonly name: string; readonly uid: string };
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly source: { readonly component: string };
  readonly reportingComponent: string;
}

describe('event recorder', function () {
  this.timeout(30_000);

  let cluster: Cluster;
  let connection: Connection;
  let namespace: string;
  let recorder: EventRecorder;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    connection = await connect({
      connections: 4,
      userAgent: 'jobflow-test',
      kubeconfigPath: cluster.kubeconfigPath,
    });
  });

  after(() => connection.close());

  beforeEach(async () => {
    namespace = await freshNamespace(cluster, 'events');
  });

  afterEach(() => {
    recorder.stop();
  });

  function record(options: Partial<EventRecorderOptions> = {}): EventRecorder {
    recorder = new EventRecorder({ connection, log: recordedLog(), windowMs: 100, ...options });
    return recorder;
  }

  function about(name: string, message = 'waiting for b'): Announcement {
    const object = { apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid: `uid-of-${name}` };
    return { object, type: 'Normal', reason: 'Waiting', message };
  }

  async function events(): Promise<EventObject[]> {
    const path = `/api/v1/namespaces/${namespace}/events`;
    return ((await connection.request({ method: 'GET', path })) as { items: EventObject[] }).items;
  }

  it('writes an Event that kubectl shows with the Job', async () => {
    record().announce(about('a'));
    expect(recorder.pending).to.equal(1);
    expect(await recorder.flush(5_000)).to.equal(true);
    const [event] = await events();
    expect(event).to.include({ type: 'Normal', reason: 'Waiting', message: 'waiting for b', count: 1 });
    expect(event?.source.component).to.equal('jobflow-controller');
    expect(event?.reportingComponent).to.equal('jobflow-controller');
    expect(event?.involvedObject).to.include({ name: 'a', uid: 'uid-of-a' });
    const { stdout } = await cluster.kubectl(['events', '-n', namespace, '--for', 'job/a']);
    expect(stdout).to.match(/Normal\s+Waiting\s+Job\/a\s+waiting for b/);
  });

  it('counts repeats on the same Event, a burst in one write', async () => {
    record();
    for (let time = 0; time < 100; time += 1) recorder.announce(about('a'));
    await waitUntil('the first write', () => recorder.counters.created === 1);
    for (let time = 0; time < 50; time += 1) recorder.announce(about('a'));
    await waitUntil('the count', async () => (await events())[0]?.count === 150);
    expect(await events()).to.have.length(1);
    expect(recorder.counters).to.deep.equal({ created: 1, repeated: 1, dropped: 0 });
  });

  it('begins a new Event when the old one is gone', async () => {
    record().announce(about('a'));
    await recorder.flush(5_000);
    const [old] = await events();
    await connection.request({
      method: 'DELETE',
      path: `/api/v1/namespaces/${namespace}/events/${old?.metadata.name ?? ''}`,
    });
    recorder.announce(about('a'));
    expect(await recorder.flush(5_000)).to.equal(true);
    const [event] = await events();
    expect(event?.count).to.equal(1);
    expect(event?.metadata.name).not.to.equal(old?.metadata.name);
  });

  it('keeps to its rate and drops what is too much, the oldest first', async () => {
    record({ perSecond: 10, burst: 5, queueLimit: 3 });
    for (let job = 0; job < 20; job += 1) recorder.announce(about(`job-${job}`));
    expect(recorder.counters.dropped).to.equal(17);
    expect(await recorder.flush(5_000)).to.equal(true);
    expect((await events()).map(({ involvedObject }) => involvedObject.name)).to.have.members([
      'job-17',
      'job-18',
      'job-19',
    ]);
  });

  it('gives up where Events are refused, without a word to the caller', async () => {
    record();
    recorder.announce({ ...about('a'), object: { ...about('a').object, namespace: 'no-such-namespace' } });
    expect(await recorder.flush(5_000)).to.equal(true);
    expect(recorder.counters).to.include({ created: 0, dropped: 1 });
  });

  it('waits for an API server that is away, and writes once it is back', async () => {
    const proxy = await TcpProxy.start(Number(new URL(cluster.server).port));
    const kubeconfigPath = await kubeconfigThrough(cluster, proxy.port);
    const fragile = await connect({ connections: 2, userAgent: 'jobflow-test', kubeconfigPath });
    try {
      proxy.refuse();
      record({ connection: fragile }).announce(about('a'));
      expect(await recorder.flush(300)).to.equal(false);
      proxy.accept();
      expect(await recorder.flush(5_000)).to.equal(true);
      expect(await events()).to.have.length(1);
    } finally {
      await fragile.close();
      await proxy.stop();
    }
  });

  it('takes nothing more once it has stopped', async () => {
    record().stop();
    recorder.announce(about('a'));
    expect(recorder.pending).to.equal(0);
    expect(await recorder.flush(1_000)).to.equal(true);
  });
});
