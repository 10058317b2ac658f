import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import {
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import { readPath, waitUntil } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS, freshNamespace } from '../../support/cluster/fixture.ts';
import { Account } from './account.ts';
import { job } from './jobs.ts';
import { MANIFESTS, openPolicyLab } from './policy-lab.ts';
import type { PolicyLab } from './policy-lab.ts';

const LIMIT_MS = 60_000;
const DEPENDS = { [USER_ANNOTATIONS.dependsOn]: 'a' };
const GATED = { ...DEPENDS, [OWN_ANNOTATIONS.gated]: '{"gate":true}' };
const SUSPENDED = { spec: { suspend: true } };
const STARTED = { spec: { suspend: false } };
const RELEASE = {
  ...STARTED,
  metadata: { annotations: { [OWN_ANNOTATIONS.releasedAt]: '2026-01-02T03:04:05Z' } },
};

describe('the admission policy in the life of a Job', function () {
  this.timeout(LIMIT_MS);
  let lab: PolicyLab;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    lab = await openPolicyLab();
  });

  after(async () => {
    await lab.close();
  });

  const expectOk = (answer: { status: number; body: unknown }) => {
    expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
  };
  const untilGone = async (path: string) => {
    await waitUntil(`${path} to be gone`, async () => {
      const { status } = await lab.cluster.api.request('GET', path);
      return status === 404;
    });
  };

  it('lets a released Job run to its end, and its status be written', async () => {
    await lab.create(job('runs', { annotations: GATED, ...SUSPENDED }));
    await lab.asController('runs', RELEASE);
    await lab.untilCondition('runs', 'Complete');
  });

  it('lets the controller fail a waiting Job natively, and the Job controller end it', async () => {
    await lab.create(job('fails', { annotations: GATED, ...SUSPENDED }));
    await lab.untilSuspended('fails');
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const condition = {
      type: 'FailureTarget',
      status: 'True',
      reason: 'DependencyFailed',
      message: 'a failed',
    };
    const conditions = [{ ...condition, lastTransitionTime: now }];
    await lab.asController('fails', { status: { startTime: now, conditions } }, '/status');
    expect(readPath(await lab.untilCondition('fails', 'Failed'), 'reason')).to.equal('DependencyFailed');
  });

  it('lets a user pause and resume a Job once it has been released', async () => {
    await lab.create(
      job('paused', { annotations: GATED, spec: { suspend: true, parallelism: 0, completions: 1 } }),
    );
    await lab.asController('paused', RELEASE);
    expectOk(await lab.tryPatch('paused', SUSPENDED));
    expectOk(await lab.tryPatch('paused', STARTED));
  });

  it('keeps a Job waiting that the webhook has not seen, until its user takes depends-on away', async () => {
    await lab.create(job('unseen', { annotations: DEPENDS, ...SUSPENDED }));
    lab.expectRefused(await lab.tryPatch('unseen', STARTED), 403, [
      'spec.suspend: false: Job "unseen" waits',
    ]);
    const inOneGo = { ...STARTED, metadata: { annotations: { [USER_ANNOTATIONS.dependsOn]: null } } };
    lab.expectRefused(await lab.tryPatch('unseen', inOneGo), 403, ['spec.suspend: false']);
    expectOk(await lab.tryPatch('unseen', { metadata: inOneGo.metadata }));
    expectOk(await lab.tryPatch('unseen', STARTED));
  });

  it('keeps a recorded Job waiting after depends-on has been edited away, until the controller releases it', async () => {
    await lab.create(job('edited', { annotations: GATED, ...SUSPENDED }));
    expectOk(
      await lab.tryPatch('edited', { metadata: { annotations: { [USER_ANNOTATIONS.dependsOn]: null } } }),
    );
    lab.expectRefused(await lab.tryPatch('edited', STARTED), 403, ['spec.suspend: false']);
    await lab.asController('edited', RELEASE);
  });

  it('says how to approve a Job that is held', async () => {
    await lab.create(job('held', { annotations: { [USER_ANNOTATIONS.hold]: 'true' }, ...SUSPENDED }));
    lab.expectRefused(await lab.tryPatch('held', STARTED), 403, [`and set ${USER_ANNOTATIONS.approved}`]);
  });

  it('lets a user start what jobflow leaves alone', async () => {
    const managedBy = 'example.com/controller';
    await lab.create(job('foreign', { annotations: DEPENDS, spec: { suspend: true, managedBy } }));
    expectOk(await lab.tryPatch('foreign', STARTED));
  });

  it('does not concern itself with ordinary Jobs', async () => {
    await lab.create(job('plain', { ...SUSPENDED, labels: { [FLOW_LABEL]: 'mine' } }));
    const labels = { [FLOW_LABEL]: 'other' };
    expectOk(await lab.tryPatch('plain', { metadata: { labels, annotations: { note: 'x' } } }));
    expectOk(await lab.tryPatch('plain', { metadata: { labels: { [FLOW_LABEL]: null } } }, '/status'));
    expectOk(await lab.tryPatch('plain', STARTED));
    await lab.untilCondition('plain', 'Complete');
  });

  it('protects the finalizer on an ordinary Job as well', async () => {
    await lab.create(job('upstream', SUSPENDED));
    await lab.asController('upstream', { metadata: { finalizers: [KEEP_OUTCOME_FINALIZER] } });
    lab.expectRefused(await lab.tryPatch('upstream', { metadata: { finalizers: null } }), 403, [
      'metadata.finalizers',
      'to uninstall jobflow, delete its ValidatingAdmissionPolicyBinding first',
    ]);
  });

  for (const propagationPolicy of ['Foreground', 'Background', 'Orphan']) {
    it(`lets a waiting Job be deleted by ${propagationPolicy} propagation`, async () => {
      const name = `deleted-${propagationPolicy.toLowerCase()}`;
      await lab.create(job(name, { annotations: GATED, ...SUSPENDED }));
      await lab.cluster.api.demand('DELETE', lab.path(name), { propagationPolicy });
      await untilGone(lab.path(name));
    });
  }

  it('lets a Job with the finalizer go when the controller has taken it away, and not before', async () => {
    await lab.create(job('going', { annotations: GATED, ...SUSPENDED }));
    await lab.asController('going', { metadata: { finalizers: [KEEP_OUTCOME_FINALIZER] } });
    await lab.cluster.api.demand('DELETE', lab.path('going'), { propagationPolicy: 'Foreground' });
    lab.expectRefused(await lab.tryPatch('going', { metadata: { finalizers: null } }), 403, [
      'leave it there',
    ]);
    await lab.asController('going', { metadata: { finalizers: null } });
    await untilGone(lab.path('going'));
  });

  it('lets a namespace with waiting Jobs be deleted', async () => {
    const namespace = await freshNamespace(lab.cluster);
    await lab.cluster.apply(job('waits', { annotations: GATED, ...SUSPENDED }), { namespace });
    await lab.cluster.api.demand('DELETE', `/api/v1/namespaces/${namespace}`);
    await untilGone(`/api/v1/namespaces/${namespace}`);
  });

  it('lets a further account start gated Jobs once the policy names it', async () => {
    const kueue = await Account.withAllRightsOnJobs(lab.cluster, 'default', 'queue-controller');
    try {
      await lab.create(job('queued', { annotations: GATED, ...SUSPENDED }));
      const start = {
        method: 'PATCH',
        path: `${lab.path('queued')}?dryRun=All`,
        contentType: 'application/merge-patch+json',
        body: STARTED,
      } as const;
      lab.expectRefused(await kueue.send(start), 403, ['spec.suspend: false']);
      const policy = await readFile(`${MANIFESTS}/policy/policy.yaml`, 'utf8');
      const own = "['system:serviceaccount:jobflow-system:jobflow-controller']";
      expect(policy).to.include(own);
      await lab.cluster.apply(policy.replace(own, `${own.slice(0, -1)}, '${kueue.username}']`));
      await waitUntil('the account to be let through', async () => (await kueue.send(start)).status === 200);
      lab.expectRefused(await lab.tryPatch('queued', STARTED), 403, ['spec.suspend: false']);
    } finally {
      await kueue.close();
    }
  });
});
