import { expect } from 'chai';
import type { JsonObject } from '../../../src/api/job.ts';
import {
  API_GROUP,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { job } from './jobs.ts';
import { openPolicyLab } from './policy-lab.ts';
import type { PolicyLab } from './policy-lab.ts';

const LIMIT_MS = 60_000;
const SLOW_LIMIT_MS = 90_000;
const DEPENDS = { [USER_ANNOTATIONS.dependsOn]: 'a' };
const SUSPENDED = { suspend: true };

const controlledBy = (apiVersion: string, kind: string): JsonObject => ({
  ownerReferences: [
    { apiVersion, kind, name: 'owner', uid: '9b2f3c1e-0000-4000-8000-000000000001', controller: true },
  ],
});

describe('the admission policy on the creation of a Job', function () {
  this.timeout(LIMIT_MS);
  let lab: PolicyLab;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    lab = await openPolicyLab();
  });

  after(async () => {
    await lab.close();
  });

  const expectAdmitted = async (object: JsonObject) => {
    const answer = await lab.tryCreate(object, 'dryRun=All');
    expect(answer.status, JSON.stringify(answer.body)).to.equal(201);
  };
  const expectUnsuspendedRefused = async (object: JsonObject, annotation: string) => {
    lab.expectRefused(await lab.tryCreate(object, 'dryRun=All'), 422, [
      'spec.suspend: false',
      annotation,
      'write "suspend: true"',
    ]);
  };

  it('refuses one with depends-on that is not suspended', async () => {
    await expectUnsuspendedRefused(job('a', { annotations: DEPENDS }), USER_ANNOTATIONS.dependsOn);
  });

  it('refuses one with a hold that is not suspended', async () => {
    await expectUnsuspendedRefused(
      job('a', { annotations: { [USER_ANNOTATIONS.hold]: 'true' } }),
      USER_ANNOTATIONS.hold,
    );
  });

  it('refuses one by generateName that is not suspended', async () => {
    const object = job('', { annotations: DEPENDS, metadata: { name: '', generateName: 'a-' } });
    await expectUnsuspendedRefused(object, USER_ANNOTATIONS.dependsOn);
  });

  it('refuses one that server-side apply creates unsuspended', async () => {
    const answer = await lab.user.send({
      method: 'PATCH',
      path: `${lab.path('a')}?fieldManager=gitops&dryRun=All`,
      contentType: 'application/apply-patch+yaml',
      body: job('a', { annotations: DEPENDS }),
    });
    lab.expectRefused(answer, 422, ['spec.suspend: false']);
  });

  it('admits both when they are suspended', async () => {
    await expectAdmitted(job('a', { annotations: DEPENDS, spec: SUSPENDED }));
    await expectAdmitted(job('a', { annotations: { [USER_ANNOTATIONS.hold]: 'true' }, spec: SUSPENDED }));
  });

  it('admits one with run, flow and template alone, which wait for nothing', async () => {
    const annotations = {
      [USER_ANNOTATIONS.run]: 'r1',
      [USER_ANNOTATIONS.flow]: 'f',
      [USER_ANNOTATIONS.template]: 't',
    };
    await expectAdmitted(job('a', { annotations }));
  });

  for (const [apiVersion, kind] of [
    ['batch/v1', 'CronJob'],
    [`${API_GROUP}/v1alpha1`, 'JobFlow'],
    [`${API_GROUP}/v1alpha1`, 'DaemonJob'],
  ] as const) {
    it(`judges one that a ${kind} controls like any other`, async () => {
      await expectUnsuspendedRefused(
        job('a', { annotations: DEPENDS, metadata: controlledBy(apiVersion, kind) }),
        USER_ANNOTATIONS.dependsOn,
      );
    });
  }

  for (const [apiVersion, kind] of [
    ['example.com/v1', 'Pipeline'],
    ['example.com/v1', 'CronJob'],
    ['example.com/v1', 'JobFlow'],
  ] as const) {
    it(`leaves one alone that a ${kind} of ${apiVersion} controls`, async () => {
      await expectAdmitted(job('a', { annotations: DEPENDS, metadata: controlledBy(apiVersion, kind) }));
    });
  }

  it('judges one whose owner does not control it', async () => {
    const owner = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: 'c',
      uid: '9b2f3c1e-0000-4000-8000-000000000002',
    };
    await expectUnsuspendedRefused(
      job('a', { annotations: DEPENDS, metadata: { ownerReferences: [owner] } }),
      USER_ANNOTATIONS.dependsOn,
    );
  });

  it('leaves one alone that another controller manages, and judges one that names the built-in one', async () => {
    await expectAdmitted(
      job('a', { annotations: DEPENDS, spec: { managedBy: 'kueue.x-k8s.io/multikueue' } }),
    );
    await expectUnsuspendedRefused(
      job('a', { annotations: DEPENDS, spec: { managedBy: 'kubernetes.io/job-controller' } }),
      USER_ANNOTATIONS.dependsOn,
    );
  });

  for (const key of [OWN_ANNOTATIONS.releasedAt, OWN_ANNOTATIONS.outcomes]) {
    it(`refuses one that brings ${key}`, async () => {
      const says = [`metadata.annotations["${key}"]`, 'remove the value "x"', lab.user.username];
      lab.expectRefused(await lab.tryCreate(job('a', { annotations: { [key]: 'x' } })), 403, says);
      const gated = job('a', { annotations: { ...DEPENDS, [key]: 'x' }, spec: SUSPENDED });
      lab.expectRefused(await lab.tryCreate(gated), 403, says);
    });
  }

  it('cuts a long value in the refusal', async () => {
    const annotations = { [OWN_ANNOTATIONS.outcomes]: 'x'.repeat(100_000) };
    const answer = await lab.tryCreate(job('a', { annotations }));
    lab.expectRefused(answer, 403, [`"${'x'.repeat(80)}…"`]);
  });

  it('admits what the webhook adds: the record, the label and the finalizer', async () => {
    await expectAdmitted(
      job('a', {
        annotations: { ...DEPENDS, [OWN_ANNOTATIONS.gated]: '{"gate":true}' },
        labels: { [USER_ANNOTATIONS.flow]: 'f' },
        metadata: { finalizers: [KEEP_OUTCOME_FINALIZER] },
        spec: SUSPENDED,
      }),
    );
  });

  it('admits an ordinary Job', async () => {
    await expectAdmitted(job('a'));
    await expectAdmitted(job('a', { annotations: { 'example.com/depends-on': 'b' }, spec: SUSPENDED }));
  });

  it('costs no more than allowed with as many annotations as fit on a Job', async function () {
    this.timeout(SLOW_LIMIT_MS);
    const many = Object.fromEntries(Array.from({ length: 45_000 }, (_, index) => [index.toString(36), '']));
    // The refusal needs every expression; one that ran out of its budget would be refused in other words.
    await expectUnsuspendedRefused(
      job('a', { annotations: { ...many, ...DEPENDS } }),
      USER_ANNOTATIONS.dependsOn,
    );
  });
});
