import { expect } from 'chai';
import { waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { daemonEnd, daemonJob, jobSpec } from './support/daemon-place.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';

/** What must grow, by program, when gates open, fail and are skipped. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  'jobflow-controller': [
    'jobflow_gates_decided_total{decision="opened"',
    'jobflow_gates_decided_total{decision="failed"',
    'jobflow_gates_decided_total{decision="skipped"',
    'jobflow_gate_latency_seconds_count',
    'jobflow_gate_wait_seconds_count',
    'jobflow_job_writes_total{action="release"',
    'jobflow_reconcile_duration_seconds_count{queue="job"',
    'jobflow_api_requests_total{verb="patch",code="200"',
    'jobflow_api_request_duration_seconds_count{verb="patch"',
    'jobflow_watch_events_total{resource="jobs"',
    'jobflow_events_total{result="created"',
  ],
  'jobflow-webhook': [
    'jobflow_webhook_decisions_total{operation="CREATE",decision="patched"',
    'jobflow_webhook_decisions_total{operation="CREATE",decision="denied"',
    'jobflow_webhook_request_duration_seconds_count{operation="CREATE",decision="patched"',
    'jobflow_webhook_refusals_total{code="DependencyOnItself"',
    'jobflow_watch_events_total{resource="jobs"',
  ],
};

describe('the metrics of programs that work', () => {
  let cluster: Cluster;
  let jobflow: Jobflow;
  let namespace: ObservedNamespace;
  let authorization: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    jobflow = await sharedJobflow();
    namespace = await observedNamespace(cluster);
    const role = ['--clusterrole=jobflow-metrics-reader', `--serviceaccount=${namespace.name}:default`];
    await cluster.kubectl(['create', 'clusterrolebinding', namespace.name, ...role]);
    const { stdout } = await namespace.kubectl(['create', 'token', 'default']);
    authorization = `Bearer ${stdout.trim()}`;
    await waitUntil('the right to take effect', async () => (await scrape()).size > 0);
  });

  /** Every series of both programs, `PROGRAM NAME{LABELS`, with its value. */
  const scrape = async (): Promise<Map<string, number>> => {
    const values = new Map<string, number>();
    for (const { healthUrl, name } of [...jobflow.controllers, ...jobflow.webhooks]) {
      const answer = await fetch(`${healthUrl}/metrics`, { headers: { authorization } });
      const text = await answer.text();
      if (!answer.ok) return new Map();
      const program = name.replace(/-\d+$/, '');
      for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
        const space = line.lastIndexOf(' ');
        const series = line
          .slice(0, space)
          .replace(/program="[^"]*",?/, '')
          .replace(/,?\}$/, '')
          .replace(/\{$/, '');
        values.set(`${program} ${series}`, Number(line.slice(space + 1)));
      }
    }
    return values;
  };

  it('move with what happens, and name no object', async () => {
    const before = await scrape();
    await namespace.apply([
      job('up'),
      job('opened').dependsOn('up'),
      job('failing').fails(),
      job('failed').dependsOn('failing'),
      job('skipped').dependsOn('up=Failed'),
    ]);
    await namespace.apply(job('self').dependsOn('self'), { allowFailure: true });
    expect(await namespace.outcomes(['opened', 'failed', 'skipped'])).to.deep.equal({
      opened: 'Complete',
      failed: 'Failed',
      skipped: 'Skipped',
    });
    await namespace.untilEvent('opened', 'Released');
    const unmoved = async (): Promise<string[]> => {
      const after = await scrape();
      return Object.entries(MOVES)
        .flatMap(([program, names]) => names.map((name) => `${program} ${name}`))
        .filter((name) => (after.get(name) ?? 0) <= (before.get(name) ?? 0));
    };
    await waitUntil('every series to grow', async () => (await unmoved()).length === 0, {
      explain: async () => (await unmoved()).join('\n'),
    });
    const after = await scrape();
    expect(
      [...after.keys()].filter((key) => key.includes(namespace.name) || key.includes('opened-')),
    ).to.deep.equal([]);
    expect(after.get('jobflow-controller jobflow_leader')).to.equal(1);
    expect(after.get('jobflow-controller jobflow_gates_waiting')).to.be.a('number');
  });

  it('count each gate of a DaemonJob once', async () => {
    const decisions = ['opened', 'failed', 'skipped'] as const;
    const counted = async (): Promise<(number | undefined)[]> => {
      const values = await scrape();
      return decisions.map((name) =>
        values.get(`jobflow-controller jobflow_gates_decided_total{decision="${name}"`),
      );
    };
    const before = await counted();
    const after = (upstream: string): Record<string, string> => ({ 'depends-on': upstream });
    await namespace.apply([
      job('first'),
      job('broken').fails(),
      daemonJob('d-opened', jobSpec({ lasts: '1s' }), after('first')),
      daemonJob('d-failed', jobSpec(), after('broken')),
      daemonJob('d-skipped', jobSpec(), after('first=Failed')),
    ]);
    for (const name of decisions) await daemonEnd(namespace, `d-${name}`);
    expect(await counted()).to.deep.equal(before.map((value = 0) => value + 1));
  });
});
