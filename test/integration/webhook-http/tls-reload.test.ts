import { Agent } from 'node:https';
import { expect } from 'chai';
import { job, reviewOf } from '../../unit/webhook/admission-requests.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';
import { runWebhook, send, shownCertificate, testAuthority, withoutBreaks } from './running-webhook.ts';

const SWAPS = 20;

describe('the webhook whose certificate is renewed under load', function () {
  this.timeout(120_000);

  it(`drops no request while the certificate changes ${SWAPS} times, and shows each new one`, async () => {
    const authority = await testAuthority();
    const webhook = await runWebhook(authority, () => Promise.resolve({ kind: 'allow', warnings: [] }));
    const { port } = webhook.server;
    const body = JSON.stringify(reviewOf(job('a')));
    const kept = new Agent({ ca: authority.cert, keepAlive: true, maxSockets: 8 });
    const fresh = new Agent({ ca: authority.cert, keepAlive: false });
    let loading = true;
    let answered = 0;
    const failures: unknown[] = [];
    const load = async (agent: Agent): Promise<void> => {
      while (loading) {
        try {
          const { status } = await send(port, agent, body);
          if (status === 200) answered += 1;
          else failures.push(status);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    const clients = [kept, kept, kept, kept, fresh, fresh, fresh, fresh].map(load);
    try {
      for (let count = 1; count <= SWAPS; count += 1) {
        const before = answered;
        const cert = withoutBreaks(await webhook.renewCertificate());
        await waitUntil(
          `certificate ${count} to be shown`,
          async () => (await shownCertificate(port, authority.cert)) === cert,
          { limitMs: 10_000 },
        );
        await waitUntil('more requests', () => answered >= before + 20, { limitMs: 10_000 });
      }
    } finally {
      loading = false;
      await Promise.all(clients);
      kept.destroy();
      fresh.destroy();
      await webhook.stop();
    }
    expect(failures).to.deep.equal([]);
    expect(webhook.tls.reloads).to.equal(SWAPS);
  });
});
