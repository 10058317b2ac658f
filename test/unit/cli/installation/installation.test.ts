import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import {
  controllerState,
  isAskedIn,
  isFor,
  webhookState,
  type Installation,
  type LeaseSeen,
  type WebhookConfiguration,
} from '../../../../src/cli/installation/installation.ts';
import {
  countReady,
  isComponent,
  readConfiguration,
  readDeployment,
} from '../../../../src/cli/installation/read-parts.ts';
import { ROOT } from '../../docs/pages.ts';

const NOTHING: Installation = {
  namespace: 'jobflow-system',
  controller: { kind: 'absent' },
  webhook: { kind: 'absent' },
  leaseName: 'jobflow-controller',
  lease: { kind: 'absent' },
  configuration: { kind: 'absent' },
  endpoints: { kind: 'absent' },
  follows: undefined,
};

async function shipped(path: string, kind: string): Promise<object> {
  const text = await readFile(join(ROOT, 'manifests', path), 'utf8');
  const found = parseAllDocuments(text).find((document) => document.get('kind') === kind);
  return (found?.toJS() ?? {}) as object;
}

async function shippedWebhook(): Promise<WebhookConfiguration> {
  const found = readConfiguration(
    await shipped('webhook/configuration.yaml', 'MutatingWebhookConfiguration'),
  );
  if (found === undefined) throw new Error('there is no webhook for Jobs');
  return found;
}

function leaseOf(holderIdentity: string, isRenewed: boolean): Installation {
  const record = {
    resourceVersion: '7',
    holderIdentity,
    leaseDurationSeconds: 15,
    acquireTime: undefined,
    renewTime: '2026-01-01T00:00:00.000000Z',
    leaseTransitions: 0,
  };
  const value: LeaseSeen = { record, ageMs: 90_000, isRenewed };
  return { ...NOTHING, lease: { kind: 'read', value } };
}

describe('what is installed of jobflow', () => {
  it('has a controller that leads, is silent, has stepped down, or never was', () => {
    expect(controllerState(leaseOf('one', true))).to.deep.equal({ kind: 'leads', holder: 'one' });
    expect(controllerState(leaseOf('one', false))).to.deep.equal({
      kind: 'silent',
      holder: 'one',
      ageMs: 90_000,
    });
    expect(controllerState(leaseOf('', false))).to.deep.equal({ kind: 'vacant', ageMs: 90_000 });
    expect(controllerState(NOTHING)).to.deep.equal({ kind: 'noLease' });
  });

  it('is unknown where it may not be read', () => {
    const forbidden = { kind: 'forbidden', what: 'get leases' } as const;
    const configuration = { kind: 'forbidden', what: 'list configurations' } as const;
    expect(controllerState({ ...NOTHING, lease: forbidden })).to.deep.equal({
      kind: 'unknown',
      what: 'get leases',
    });
    const controller = { kind: 'forbidden', what: 'list deployments' } as const;
    expect(controllerState({ ...NOTHING, controller })).to.deep.equal({
      kind: 'unknown',
      what: 'list deployments',
    });
    expect(webhookState({ ...NOTHING, configuration })).to.deep.equal({
      kind: 'unknown',
      what: 'list configurations',
    });
  });

  it('has a webhook that can be reached if its Service has an address that is ready', async () => {
    const value = await shippedWebhook();
    expect(value.service).to.deep.equal({ namespace: 'jobflow-system', name: 'jobflow-webhook', port: 443 });
    const configuration = { kind: 'read', value } as const;
    const at = (ready: number) =>
      webhookState({ ...NOTHING, configuration, endpoints: { kind: 'read', value: ready } });
    expect(at(1)).to.deep.equal({ kind: 'reachable' });
    expect(at(0)).to.deep.equal({ kind: 'noEndpoints', service: 'jobflow-system/jobflow-webhook' });
    expect(webhookState(NOTHING)).to.deep.equal({ kind: 'noConfiguration' });
  });

  it('is asked in every namespace but those that its configuration leaves out', async () => {
    const found = await shippedWebhook();
    expect(isAskedIn(found, 'shop')).to.equal(true);
    expect(isAskedIn(found, 'kube-system')).to.equal(false);
    expect(isAskedIn({ ...found, namespaces: ['a'] }, 'shop')).to.equal(false);
    expect(isFor({ ...NOTHING, follows: ['a'] }, 'shop')).to.equal(false);
    expect(isFor(NOTHING, 'shop')).to.equal(true);
  });

  it('is not a webhook of somebody else', () => {
    expect(readConfiguration({ metadata: { name: 'other' }, webhooks: [] })).to.equal(undefined);
  });

  it('knows the shipped Deployments', async () => {
    const deployment = await shipped('deployments/controller.yaml', 'Deployment');
    expect(isComponent(deployment, 'controller')).to.equal(true);
    expect(isComponent(deployment, 'webhook')).to.equal(false);
    const { name, wanted, ready, env } = readDeployment(deployment);
    expect({ name, wanted, ready }).to.deep.equal({ name: 'jobflow-controller', wanted: 2, ready: 0 });
    expect(env.get('JOBFLOW_LEASE_NAME')).to.equal('jobflow-controller');
  });

  it('counts addresses that are ready, and those of which nothing is said', () => {
    const slice = { endpoints: [{ conditions: { ready: true } }, { conditions: { ready: false } }, {}] };
    expect(countReady([slice, { endpoints: null }])).to.equal(2);
  });
});
