import { expect } from 'chai';
import { Registry } from 'prom-client';
import { ALERT_NOTES } from '../../../scripts/docs/alert-notes.ts';
import { COMMON_METRICS, CONTROLLER_METRICS, WEBHOOK_METRICS } from '../../../scripts/docs/parts.ts';
import { createGateMetrics } from '../../../controller/jobs/gate-metrics.ts';
import {
  createMetricsRegistry,
  registerFollowing,
  registerRequests,
  type FollowedFigures,
} from '../../../src/runtime/metrics.ts';

/** The value of a series in the text that is served; undefined if it is not there. */
async function valueOf(registry: Registry, series: string): Promise<number | undefined> {
  const line = (await registry.metrics()).split('\n').find((text) => text.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

describe('metrics', () => {
  it('tell the program and its version', async () => {
    const text = await createMetricsRegistry('jobflow-test').metrics();
    expect(text).to.match(
      /^jobflow_build_info\{version="\d+\.\d+\.\d+",node_version="v[\d.]+",program="jobflow-test"\} 1$/m,
    );
    expect(text).to.match(/^process_cpu_seconds_total\{program="jobflow-test"\} /m);
  });

  it('count requests to the API server by verb and code, with their time', async () => {
    const registry = new Registry();
    const observe = registerRequests(registry);
    observe('patch', '200', 0.004);
    observe('patch', '409', 0.002);
    observe('watch', 'none', 5);
    expect(await valueOf(registry, 'jobflow_api_requests_total{verb="patch",code="409"}')).to.equal(1);
    expect(await valueOf(registry, 'jobflow_api_requests_total{verb="watch",code="none"}')).to.equal(1);
    expect(await valueOf(registry, 'jobflow_api_request_duration_seconds_count{verb="patch"}')).to.equal(2);
    expect(await valueOf(registry, 'jobflow_api_request_duration_seconds_sum{verb="patch"}')).to.be.closeTo(
      0.006,
      1e-9,
    );
  });

  it('tell of watches at the moment of the scrape', async () => {
    const registry = new Registry();
    let counters = { watches: 0, failures: 0, stalls: 0, relists: 0, events: 0, errors: 0 };
    const contact: { lastMs?: number } = {};
    let nowMs = 1_000;
    const jobs: FollowedFigures = {
      store: new Map(),
      get counters() {
        return counters;
      },
      get lastContactMs() {
        return contact.lastMs;
      },
    };
    registerFollowing(registry, { jobs }, () => nowMs);
    nowMs = 3_000;
    expect(await valueOf(registry, 'jobflow_watch_restarts_total{resource="jobs"}')).to.equal(0);
    expect(await valueOf(registry, 'jobflow_watch_silence_seconds{resource="jobs"}')).to.equal(2);
    counters = { watches: 4, failures: 2, stalls: 1, relists: 1, events: 70, errors: 0 };
    contact.lastMs = 2_500;
    expect(await valueOf(registry, 'jobflow_watch_restarts_total{resource="jobs"}')).to.equal(3);
    expect(await valueOf(registry, 'jobflow_watch_failures_total{resource="jobs"}')).to.equal(2);
    expect(await valueOf(registry, 'jobflow_watch_stalls_total{resource="jobs"}')).to.equal(1);
    expect(await valueOf(registry, 'jobflow_watch_events_total{resource="jobs"}')).to.equal(70);
    expect(await valueOf(registry, 'jobflow_relists_total{resource="jobs"}')).to.equal(1);
    expect(await valueOf(registry, 'jobflow_watch_silence_seconds{resource="jobs"}')).to.equal(0.5);
  });

  it('tell of gates by what became of them, from the change to the write', async () => {
    const registry = new Registry();
    const metrics = createGateMetrics(registry, {
      waitingGates: () => 7,
      cycles: () => 1,
      queues: () => [['job', { depth: 3, ageMs: 1_500 }]],
      isLeader: () => true,
      events: () => ({ created: 5, repeated: 2, dropped: 1 }),
    });
    const job = { createdMs: 1_000 };
    expect(await valueOf(registry, 'jobflow_gates_decided_total{decision="failed"}')).to.equal(0);
    metrics.wrote({ kind: 'release', job }, 10_000, 10_020);
    metrics.wrote({ kind: 'skip', job }, 10_000, 10_020);
    metrics.wrote({ kind: 'removeFinalizer', job }, 10_000, 10_020);
    metrics.decided('fail', job, 10_000, 10_020);
    metrics.reconciled('flow', 0.01);
    metrics.failed('job');
    metrics.led();
    const expected: Record<string, number> = {
      'jobflow_gates_decided_total{decision="opened"}': 1,
      'jobflow_gates_decided_total{decision="skipped"}': 1,
      'jobflow_gates_decided_total{decision="failed"}': 1,
      jobflow_gate_latency_seconds_count: 3,
      'jobflow_gate_latency_seconds_bucket{le="0.025"}': 3,
      'jobflow_gate_wait_seconds_bucket{le="15"}': 3,
      'jobflow_job_writes_total{action="removeFinalizer"}': 1,
      'jobflow_reconcile_duration_seconds_count{queue="flow"}': 1,
      'jobflow_reconcile_errors_total{queue="job"}': 1,
      jobflow_leader_terms_total: 1,
      jobflow_gates_waiting: 7,
      jobflow_dependency_cycles: 1,
      'jobflow_queue_depth{queue="job"}': 3,
      'jobflow_queue_age_seconds{queue="job"}': 1.5,
      jobflow_leader: 1,
      'jobflow_events_total{result="dropped"}': 1,
    };
    const seen = await Promise.all(
      Object.keys(expected).map(async (series) => [series, await valueOf(registry, series)] as const),
    );
    expect(Object.fromEntries(seen)).to.deep.equal(expected);
  });

  it('have names by the conventions, and every alert asks for metrics that there are', async () => {
    const registry = new Registry();
    for (const register of [COMMON_METRICS, WEBHOOK_METRICS, CONTROLLER_METRICS]) register(registry);
    const metrics = await registry.getMetricsAsJSON();
    for (const { name, type, help } of metrics) {
      expect(name).to.match(/^jobflow_[a-z_]+$/);
      // prom-client's types say number, its values are words.
      expect(name.endsWith('_total'), `${name}, a ${String(type)}`).to.equal(String(type) === 'counter');
      if (String(type) === 'histogram') expect(name).to.match(/_seconds$/);
      expect(help).to.match(/\.$/);
    }
    const known = new Set(metrics.map(({ name }) => name));
    const asked = Object.values(ALERT_NOTES).flatMap(({ expr }) => expr.match(/jobflow_\w+/g) ?? []);
    const unknown = asked.map((name) => name.replace(/_bucket$/, '')).filter((name) => !known.has(name));
    expect(unknown).to.deep.equal([]);
  });
});
