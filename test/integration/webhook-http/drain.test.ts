import { Agent } from 'node:https';
import { expect } from 'chai';
import type { AdmissionDecision } from '../../../src/api/admission-review.ts';
import type { CertificateAuthority } from '../../support/cluster/certificates.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';
import { job, reviewOf } from '../../unit/webhook/admission-requests.ts';
import { runWebhook, send, testAuthority, type Answer } from './running-webhook.ts';

const ALLOW: AdmissionDecision = { kind: 'allow', warnings: [] };
const BODY = JSON.stringify(reviewOf(job('a')));

describe('the webhook that is told to stop', function () {
  this.timeout(90_000);
  let authority: CertificateAuthority;
  let agent: Agent;

  before(async () => {
    authority = await testAuthority();
  });
  beforeEach(() => {
    agent = new Agent({ ca: authority.cert, keepAlive: true });
  });
  afterEach(() => {
    agent.destroy();
  });

  it('drops no request of 32 clients that turn to the other replica once it is not ready', async () => {
    const decide = (): Promise<AdmissionDecision> => new Promise((resolve) => setTimeout(resolve, 5, ALLOW));
    const leaving = await runWebhook(authority, decide);
    const staying = await runWebhook(authority, decide);
    let ready = true;
    let loading = true;
    let answered = 0;
    let closing = 0;
    let onLeaving = 0;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      while (loading) {
        const isLeaving = ready;
        if (isLeaving) onLeaving += 1;
        const { port } = isLeaving ? leaving.server : staying.server;
        try {
          const { status, closes } = await send(port, agent, BODY);
          if (status === 200) answered += 1;
          else failures.push(status);
          if (closes) closing += 1;
        } catch (error) {
          failures.push(error);
        }
        if (isLeaving) onLeaving -= 1;
      }
    };
    const clients = Array.from({ length: 32 }, client);
    await waitUntil('load', () => answered >= 200);
    const leftOut = Promise.withResolvers<undefined>();
    const drained = leaving.server.drain(leftOut.promise, 5_000);
    // The endpoints of a Service follow readiness late: meanwhile requests still come, and are answered.
    await waitUntil('answers that close their connection', () => closing >= 64);
    ready = false;
    await waitUntil('the last request to the leaving replica', () => onLeaving === 0);
    leftOut.resolve(undefined);
    await drained;
    const after = answered;
    await waitUntil('load on the other replica', () => answered >= after + 200);
    loading = false;
    await Promise.all(clients);
    await staying.stop();
    leaving.tls.stop();
    expect(failures).to.deep.equal([]);
  });

  it('answers what still runs after it has stopped listening', async () => {
    let release: (decision: AdmissionDecision) => void = () => undefined;
    let asked = false;
    const webhook = await runWebhook(authority, () => {
      asked = true;
      return new Promise((resolve) => {
        release = resolve;
      });
    });
    const { port } = webhook.server;
    const slow = send(port, agent, BODY);
    await waitUntil('the request', () => asked);
    const drained = webhook.server.drain(Promise.resolve(), 5_000);
    await waitUntil('the port to be closed', () => isRefused(port, authority.cert));
    release(ALLOW);
    const answer: Answer = await slow;
    expect(answer).to.include({ status: 200, closes: true });
    await drained;
    webhook.tls.stop();
  });

  it('ends in time although a request never ends and a client keeps its connection idle', async () => {
    let asked = 0;
    const webhook = await runWebhook(authority, () => {
      asked += 1;
      return asked === 1 ? Promise.resolve(ALLOW) : new Promise(() => undefined);
    });
    await send(webhook.server.port, agent, BODY);
    const stuck = send(webhook.server.port, new Agent({ ca: authority.cert }), BODY).catch(
      (error: unknown) => error,
    );
    await waitUntil('the request', () => asked === 2);
    const started = performance.now();
    await webhook.server.drain(Promise.resolve(), 200);
    expect(performance.now() - started).to.be.lessThan(5_000);
    expect(await stuck).to.be.instanceOf(Error);
    webhook.tls.stop();
  });
});

const isRefused = async (port: number, ca: string): Promise<boolean> => {
  const probe = new Agent({ ca, keepAlive: false });
  try {
    await send(port, probe, '{}');
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
  } finally {
    probe.destroy();
  }
};
