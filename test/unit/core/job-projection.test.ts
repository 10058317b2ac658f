import { expect } from 'chai';
import { isWaiting, leftAloneReason, projectJob } from '../../../src/core/job-projection.ts';
import type { GateTerms } from '../../../src/core/job-record.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';

function termsOf(builder: JobBuilder): GateTerms {
  const { terms } = builder.record();
  if (terms === undefined) throw new Error('the Job is not annotated');
  return terms;
}

describe('a Job as jobflow remembers it', () => {
  it('keeps what decisions need and lets go of the rest', () => {
    const record = job('b')
      .dependsOn('a')
      .spec({ template: { spec: { containers: [{ name: 'x', image: 'y' }] } }, ttlSecondsAfterFinished: 0 })
      .kept()
      .record();
    const { terms, ...rest } = record;
    expect(rest).to.deep.equal({
      namespace: 'test',
      name: 'b',
      uid: 'b-1',
      resourceVersion: '1',
      createdMs: CREATED_MS,
      deletedMs: undefined,
      suspended: true,
      started: false,
      outcome: undefined,
      hasTtl: true,
      finalizers: ['api.practice.com/keep-outcome'],
      leftAloneBecause: undefined,
      owner: undefined,
    });
    expect(terms?.edges).to.deep.equal([{ name: 'a', wants: 'Complete' }]);
  });

  it('has no terms without an annotation of ours', () => {
    expect(job('a').record().terms).to.equal(undefined);
    expect(job('a').annotated('run', 'monday').record().terms?.run).to.equal('monday');
  });

  it('can be read of an object without anything', () => {
    const record = projectJob({ metadata: {} });
    expect(record).to.include({
      namespace: '',
      name: '',
      uid: '',
      createdMs: 0,
      suspended: false,
      started: false,
    });
    const nulls = projectJob({
      metadata: {
        annotations: null,
        labels: null,
        finalizers: null,
        ownerReferences: null,
        managedFields: null,
      },
      spec: null,
      status: null,
    });
    expect(nulls.terms).to.equal(undefined);
    expect(nulls.finalizers).to.deep.equal([]);
  });

  it('has started by its start time or its pods', () => {
    expect(job('a').started().record().started).to.equal(true);
    expect(projectJob({ metadata: {}, status: { active: 1 } }).started).to.equal(true);
    expect(projectJob({ metadata: {}, status: { active: 0, startTime: null } }).started).to.equal(false);
  });

  it('counts a TTL of 0 as one', () => {
    expect(job('a').ttl(0).record().hasTtl).to.equal(true);
    expect(job('a').spec({ ttlSecondsAfterFinished: null }).record().hasTtl).to.equal(false);
  });

  it('is held until it is approved, with whatever value', () => {
    const held = job('a').annotated('hold', 'true').gated();
    expect(termsOf(held).held).to.equal(true);
    expect(termsOf(held.annotated('approved', '')).held).to.equal(false);
    expect(termsOf(job('a').annotated('hold', 'false')).held).to.equal(false);
  });

  it('is gated by the record, by depends-on or by hold', () => {
    expect(termsOf(job('a').gated()).gated).to.equal(true);
    expect(termsOf(job('a').annotated('dependsOn', 'b')).gated).to.equal(true);
    expect(termsOf(job('a').annotated('hold', 'true')).gated).to.equal(true);
    expect(termsOf(job('a').annotated('hold', 'false')).gated).to.equal(false);
    expect(termsOf(job('a').annotated('run', 'monday')).gated).to.equal(false);
    expect(termsOf(job('a').annotated('gated', '{"gate":false,"manager":""}')).gated).to.equal(false);
  });

  it('says why its annotations cannot be read, and stays gated', () => {
    const terms = termsOf(job('a').annotated('dependsOn', 'b=Done').annotated('waitTimeout', '1s'));
    expect(terms.unreadable).to.include('asks for the outcome "Done"');
    expect(terms).to.include({ gated: true, released: false, waitTimeoutMs: undefined });
    expect(terms.edges).to.deep.equal([]);
  });

  it('owns suspend only after the release of a Job whose file states it', () => {
    const record = '{"gate":true,"suspend":true,"manager":"kubectl"}';
    const object = job('a')
      .annotated('gated', record)
      .annotated('releasedAt', '2026-01-01T00:00:00Z')
      .object();
    const entry = {
      manager: 'jobflow-controller',
      operation: 'Update',
      fieldsV1: { 'f:spec': { 'f:suspend': {} } },
    };
    const owns = (
      managedFields: object[],
      annotations = object.metadata.annotations ?? {},
    ): boolean | undefined =>
      projectJob({ ...object, metadata: { ...object.metadata, annotations, managedFields } }).terms
        ?.ownsSuspend;
    expect(owns([entry])).to.equal(true);
    expect(owns([{ ...entry, manager: 'kubectl' }])).to.equal(false);
    expect(owns([{ ...entry, subresource: 'status' }])).to.equal(false);
    expect(owns([{ ...entry, fieldsV1: { 'f:metadata': {} } }])).to.equal(false);
    expect(owns([entry], { 'api.practice.com/gated': record })).to.equal(false);
  });
});

describe('a Job waits at its gate', () => {
  it('if it is gated, suspended and never started', () => {
    expect(isWaiting(job('b').dependsOn('a').record())).to.equal(true);
    expect(isWaiting(job('b').gated().record())).to.equal(true);
  });

  const others: Readonly<Record<string, JobBuilder>> = {
    'if it has no annotation of ours': job('b').spec({ suspend: true }),
    'if it is not gated': job('b').annotated('run', 'monday').spec({ suspend: true }),
    'if it is not suspended': job('b').dependsOn('a').spec({ suspend: false }),
    'if it was paused after it ran': job('b').dependsOn('a').started(),
    'once it is released, also when it is paused after that': job('b')
      .dependsOn('a')
      .annotated('releasedAt', '2026-01-01T00:00:00Z'),
    'once it is failed natively': job('b').dependsOn('a').ended('Failed'),
    'while it is being deleted': job('b')
      .dependsOn('a')
      .deletedAt(CREATED_MS + 1),
    'if something else controls it': job('b')
      .dependsOn('a')
      .ownedBy({ apiVersion: 'example.com/v1', kind: 'Pipeline' }),
    'if something else runs it': job('b').dependsOn('a').spec({ managedBy: 'example.com/runner' }),
  };
  for (const [when, builder] of Object.entries(others)) {
    it(`not ${when}`, () => {
      expect(isWaiting(builder.record())).to.equal(false);
    });
  }
});

describe('a Job is left alone', () => {
  it('if a controller other than CronJob, JobFlow or DaemonJob owns it', () => {
    const reason = (apiVersion: string, kind: string): string | undefined =>
      leftAloneReason(job('a').ownedBy({ apiVersion, kind }).object());
    expect(reason('jobset.x-k8s.io/v1', 'JobSet')).to.equal('it is controlled by JobSet "owner"');
    expect(reason('example.com/v1', 'CronJob')).to.equal('it is controlled by CronJob "owner"');
    expect(reason('example.com/v1', 'JobFlow')).to.equal('it is controlled by JobFlow "owner"');
    expect(reason('batch/v1', 'CronJob')).to.equal(undefined);
    expect(reason('api.practice.com/v1alpha1', 'JobFlow')).to.equal(undefined);
    expect(reason('api.practice.com/v1alpha1', 'DaemonJob')).to.equal(undefined);
  });

  it('not by an owner that is not its controller', () => {
    const object = job('a').object();
    const owner = { apiVersion: 'example.com/v1', kind: 'Pipeline', name: 'p', uid: 'u' };
    expect(
      leftAloneReason({ ...object, metadata: { ...object.metadata, ownerReferences: [owner] } }),
    ).to.equal(undefined);
  });

  it('if it has a foreign managedBy, but not with that of the Job controller itself', () => {
    const reason = (managedBy: string): string | undefined =>
      leftAloneReason(job('a').spec({ managedBy }).object());
    expect(reason('kueue.x-k8s.io/multikueue')).to.equal('spec.managedBy is "kueue.x-k8s.io/multikueue"');
    expect(reason('kubernetes.io/job-controller')).to.equal(undefined);
  });
});
