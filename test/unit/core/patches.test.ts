import { expect } from 'chai';
import type { JobObject } from '../../../src/api/job.ts';
import {
  addFinalizerPatch,
  failPatch,
  jobPath,
  outcomesPatch,
  releasePatch,
  relinquishPatch,
  removeFinalizerPatch,
  skipPatch,
} from '../../../src/kube/patches.ts';
import { CREATED_MS, job } from '../../support/job-builder.ts';

const PATH = '/apis/batch/v1/namespaces/test/jobs/b';
const PRECONDITION = { uid: 'b-1', resourceVersion: '1' };
const record = job('b').dependsOn('a').record();

describe('a patch of a Job', () => {
  it('names the UID and resourceVersion that it was decided on, whatever it does', () => {
    const patches = [
      releasePatch(record, CREATED_MS),
      outcomesPatch(record, new Map()),
      addFinalizerPatch(record),
      removeFinalizerPatch(record),
      failPatch(record, 'DependencyFailed', 'why', CREATED_MS),
      skipPatch(record, 'why', CREATED_MS),
    ];
    for (const { body, query } of patches) {
      expect(body).to.have.property('metadata').that.includes(PRECONDITION);
      expect(query).to.deep.equal({ fieldManager: 'jobflow-controller' });
    }
  });

  it('never reaches another path by its name', () => {
    expect(jobPath({ namespace: 'a/b', name: '../c?d' })).to.equal(
      '/apis/batch/v1/namespaces/a%2Fb/jobs/..%2Fc%3Fd',
    );
  });

  it('that releases starts the Job and says so durably in one write', () => {
    expect(releasePatch(record, CREATED_MS)).to.deep.equal({
      path: PATH,
      contentType: 'application/merge-patch+json',
      query: { fieldManager: 'jobflow-controller' },
      body: {
        metadata: {
          ...PRECONDITION,
          annotations: { 'api.practice.com/released-at': '2026-01-01T00:00:00.000Z' },
        },
        spec: { suspend: false },
      },
    });
  });

  it('that records outcomes writes their annotation and nothing else', () => {
    const outcomes = new Map([['a', { uid: 'a-1', outcome: 'Complete' as const }]]);
    expect(outcomesPatch(record, outcomes).body).to.deep.equal({
      metadata: {
        ...PRECONDITION,
        annotations: { 'api.practice.com/outcomes': '{"a":["a-1","Complete"]}' },
      },
    });
  });

  it('that adds or removes the finalizer leaves those of others as they are', () => {
    const kept = {
      ...record,
      finalizers: ['example.com/x', 'api.practice.com/keep-outcome', 'example.com/y'],
    };
    expect(removeFinalizerPatch(kept).body).to.deep.equal({
      metadata: { ...PRECONDITION, finalizers: ['example.com/x', 'example.com/y'] },
    });
    expect(addFinalizerPatch({ ...record, finalizers: ['example.com/x'] }).body).to.deep.equal({
      metadata: { ...PRECONDITION, finalizers: ['example.com/x', 'api.practice.com/keep-outcome'] },
    });
  });

  it('that fails a Job sets FailureTarget and the start time that Kubernetes asks for, in whole seconds', () => {
    const time = '2026-01-01T00:00:01Z';
    expect(failPatch(record, 'DependencyTimeout', 'Too late.', CREATED_MS + 1_999)).to.deep.equal({
      path: `${PATH}/status`,
      contentType: 'application/strategic-merge-patch+json',
      query: { fieldManager: 'jobflow-controller' },
      body: {
        metadata: PRECONDITION,
        status: {
          startTime: time,
          conditions: [
            {
              type: 'FailureTarget',
              reason: 'DependencyTimeout',
              message: 'Too late.',
              status: 'True',
              lastProbeTime: time,
              lastTransitionTime: time,
            },
          ],
        },
      },
    });
  });

  it('that skips a Job sets SuccessCriteriaMet with the reason Skipped', () => {
    const { body, path } = skipPatch(record, 'Other branch.', CREATED_MS);
    expect(path).to.equal(`${PATH}/status`);
    expect(body).to.have.nested.property('status.conditions[0]').that.includes({
      type: 'SuccessCriteriaMet',
      status: 'True',
      reason: 'Skipped',
      message: 'Other branch.',
    });
  });
});

describe('the patch that gives up the ownership of suspend', () => {
  const suspend = { 'f:spec': { 'f:suspend': {} } };
  const withFields = (...managedFields: NonNullable<JobObject['metadata']['managedFields']>): JobObject => {
    const object = job('b').object();
    return { ...object, metadata: { ...object.metadata, managedFields } };
  };

  it("removes the field from the controller's own entry, with the same preconditions", () => {
    const live = withFields(
      { manager: 'kubectl', operation: 'Apply', fieldsV1: suspend },
      { manager: 'jobflow-controller', operation: 'Update', subresource: 'status', fieldsV1: suspend },
      { manager: 'jobflow-controller', operation: 'Update', fieldsV1: suspend },
    );
    expect(relinquishPatch(live)).to.deep.equal({
      path: PATH,
      contentType: 'application/merge-patch+json',
      query: { fieldManager: 'jobflow-controller' },
      body: { metadata: { ...PRECONDITION, managedFields: (live.metadata.managedFields ?? []).slice(0, 2) } },
    });
  });

  it('leaves what else the entry owns', () => {
    const fieldsV1 = { 'f:metadata': { 'f:annotations': {} }, 'f:spec': { 'f:suspend': {} } };
    const live = withFields({ manager: 'jobflow-controller', operation: 'Update', fieldsV1 });
    const left = { 'f:metadata': { 'f:annotations': {} } };
    expect(relinquishPatch(live)?.body).to.have.deep.nested.property('metadata.managedFields', [
      { manager: 'jobflow-controller', operation: 'Update', fieldsV1: left },
    ]);
  });

  it('is none where the controller does not own the field', () => {
    expect(relinquishPatch(job('b').object())).to.equal(undefined);
    expect(relinquishPatch(withFields({ manager: 'kubectl', fieldsV1: suspend }))).to.equal(undefined);
    expect(
      relinquishPatch(withFields({ manager: 'jobflow-controller', fieldsV1: { 'f:metadata': {} } })),
    ).to.equal(undefined);
  });
});
