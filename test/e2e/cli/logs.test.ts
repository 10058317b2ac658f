import { expect } from 'chai';
import type { PodObject } from '../../../src/cli/cluster/follow-namespace.ts';
import { listAll } from '../../../src/cli/cluster/read-objects.ts';
import { lastLinesOfFailed } from '../../../src/cli/logs/last-lines.ts';
import { connect, type Connection } from '../../../src/kube/connection.ts';
import { STARTING_LIMIT_MS, sharedCluster } from '../../support/cluster/fixture.ts';
import { addToLog, logEntry } from '../../support/cluster/pod-logs.ts';
import type { Cluster } from '../../support/cluster.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';

const START_MS = Date.parse('2026-01-01T00:00:00Z');

describe('jobflow logs', function () {
  this.timeout(30_000);
  let cluster: Cluster;
  let connection: Connection;
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    const { kubeconfigPath } = cluster;
    connection = await connect({ kubeconfigPath, connections: 4, userAgent: 'jobflow-test' });
  });

  beforeEach(async () => {
    user = await cliUser(cluster);
  });

  after(async () => {
    await connection.close();
  });

  const podsOf = (name: string): Promise<PodObject[]> =>
    listAll(connection, `/api/v1/namespaces/${user.namespace}/pods`, {
      labelSelector: `batch.kubernetes.io/job-name=${name}`,
    });

  describe('the last lines of a pod that failed', () => {
    it('are those of its containers that failed', async () => {
      const lines = ['one', '', 'three \u2713', 'four'];
      await addToLog(cluster.podLogs, 'log-1', ...lines.map((text) => logEntry(START_MS, text)));
      const containers = ['log-1', 'other'].map((name) => ({ name, image: 'busybox:1.36' }));
      await cluster.apply(job('broken').pod({ containers }).fails(3), { namespace: user.namespace });
      await cluster.kubectl(['wait', '--for=condition=failed', 'job/broken', '-n', user.namespace]);
      const [pod] = await podsOf('broken');
      expect(pod && (await lastLinesOfFailed(connection, pod, 3))).to.deep.equal([
        { pod: pod?.metadata.name, container: 'log-1', lines: lines.slice(1), problem: undefined },
      ]);
    });

    it('are a sentence where the log cannot be had', async () => {
      const containers = [{ name: 'log-9', image: 'busybox:1.36' }];
      await cluster.apply(job('broken').pod({ containers }).fails(), { namespace: user.namespace });
      await cluster.kubectl(['wait', '--for=condition=failed', 'job/broken', '-n', user.namespace]);
      const [pod] = await podsOf('broken');
      const [last] = pod === undefined ? [] : await lastLinesOfFailed(connection, pod, 3);
      expect(last?.problem).to.match(
        /^The log of container "log-9" of pod "broken-\w+" cannot be had: .*\.$/,
      );
    });
  });
});
