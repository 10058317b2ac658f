import { expect } from 'chai';
import { Counter } from 'prom-client';
import { startHealthServer, type HealthServer, type MetricsAccess } from '../../../src/runtime/health.ts';
import { createLogger } from '../../../src/runtime/logging.ts';
import { createMetricsRegistry } from '../../../src/runtime/metrics.ts';

const log = createLogger({ program: 'jobflow-test', level: 'fatal' });

describe('the health server', function () {
  this.timeout(20_000);
  let server: HealthServer | undefined;
  let indexProblem: string | undefined;
  afterEach(() => server?.close());

  const start = async (metricsAccess?: MetricsAccess): Promise<string> => {
    const registry = createMetricsRegistry('jobflow-test');
    new Counter({ name: 'jobflow_test_total', help: 'A test.', registers: [registry] }).inc(3);
    server = await startHealthServer({
      address: { host: '127.0.0.1', port: 0 },
      readiness: [
        { name: 'index', problem: () => indexProblem },
        { name: 'TLS', problem: () => undefined },
      ],
      registry,
      log,
      ...(metricsAccess === undefined ? {} : { metricsAccess }),
    });
    return `http://127.0.0.1:${server.port}`;
  };

  it('is ready when every check is, and names the one that is not', async () => {
    const url = await start();
    indexProblem = 'not all Jobs have been listed yet';
    const unready = await fetch(`${url}/readyz`);
    expect(unready.status).to.equal(503);
    expect(await unready.text()).to.equal(
      '[-] index: not all Jobs have been listed yet\n[+] TLS: ok\nnot ready\n',
    );
    indexProblem = undefined;
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).to.equal(200);
    expect(await ready.text()).to.equal('[+] index: ok\n[+] TLS: ok\nok\n');
  });

  it('is alive while it is not ready', async () => {
    const url = await start();
    indexProblem = 'not yet';
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
  });

  it('serves the metrics in Prometheus format', async () => {
    const answer = await fetch(`${await start()}/metrics`);
    expect(answer.headers.get('content-type')).to.match(/^text\/plain; version=0\.0\.4/);
    const text = await answer.text();
    expect(text)
      .to.contain('\njobflow_test_total{program="jobflow-test"} 3\n')
      .and.to.contain('process_resident_memory_bytes');
  });

  it('serves the metrics only to those who may read them', async () => {
    const url = await start((authorization) =>
      Promise.resolve(
        authorization === undefined
          ? 'unauthenticated'
          : authorization === 'Bearer good'
            ? 'granted'
            : 'denied',
      ),
    );
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${url}/metrics`, { headers })).status;
    expect(await status({})).to.equal(401);
    expect(await status({ authorization: 'Bearer other' })).to.equal(403);
    expect(await status({ authorization: 'Bearer good' })).to.equal(200);
    expect((await fetch(`${url}/readyz`)).status).to.be.oneOf([200, 503]);
  });

  it('answers 404 elsewhere and 405 to writes', async () => {
    const url = await start();
    expect((await fetch(`${url}/`)).status).to.equal(404);
    const post = await fetch(`${url}/readyz`, { method: 'POST' });
    expect(post.status).to.equal(405);
    expect(post.headers.get('allow')).to.equal('GET, HEAD');
  });
});
