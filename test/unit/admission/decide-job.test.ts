import { expect } from 'chai';
import type { AdmissionDecision, AdmissionRequest } from '../../../src/api/admission-review.ts';
import type { JobObject } from '../../../src/api/job.ts';
import type { Candidate } from '../../../src/core/admission/view.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { createJobDecider } from '../../../webhook/decide-job.ts';
import type { NamedResources } from '../../../webhook/named-resources.ts';
import { arrivedJob, foundFlow, foundTemplate } from './job-builder.ts';

/** An index in which the Jobs that were admitted form a cycle with whoever depends on them. */
function decider(resources: Partial<NamedResources> = {}, problem?: string) {
  const admitted: Candidate[] = [];
  const decide = createJobDecider({
    index: {
      problem,
      view: () => ({
        findCycle: ({ name, edges }) => {
          const other = admitted.find((one) => edges.some((edge) => edge.name === one.name));
          return other === undefined ? undefined : [name, other.name, name];
        },
        uidsInDeletion: () => [],
      }),
      admitted: (_, job) => {
        admitted.push(job);
      },
      doubtful: (_, names) => names.filter((name) => admitted.some((one) => one.name === name)),
      forget: (_, name) => {
        admitted.splice(0, admitted.length, ...admitted.filter((one) => one.name !== name));
      },
    },
    resources: {
      template: () => Promise.resolve(foundTemplate({ backoffLimit: 0 })),
      flow: () => Promise.resolve(foundFlow({})),
      exists: () => Promise.resolve(true),
      ...resources,
    },
  });
  return { admitted, decide };
}

function request(object: JobObject, more: Partial<AdmissionRequest> = {}): AdmissionRequest {
  return {
    uid: 'u',
    kind: { group: 'batch', version: 'v1', kind: 'Job' },
    resource: { group: 'batch', version: 'v1', resource: 'jobs' },
    subResource: undefined,
    name: object.metadata.name,
    namespace: 'ns',
    operation: 'CREATE',
    userInfo: { username: 'u', groups: [] },
    object,
    oldObject: undefined,
    dryRun: false,
    options: { fieldManager: 'kubectl' },
    ...more,
  };
}

function summary(decision: AdmissionDecision): string {
  return decision.kind === 'allow' ? 'allow' : `${decision.code} ${decision.reason}`;
}

describe('createJobDecider', () => {
  it('decides nothing before the index is complete', async () => {
    const { decide } = decider({}, 'it has not seen all Jobs yet');
    expect(summary(await decide(request(arrivedJob({ 'depends-on': 'a' }))))).to.equal('503 NotReady');
  });

  it('counts an admitted Job at once, so that of two that race one is refused', async () => {
    const { decide } = decider();
    const one = arrivedJob({ 'depends-on': 'c', template: 't' }, undefined, { name: 'b' });
    const other = arrivedJob({ 'depends-on': 'b', template: 't' }, undefined, { name: 'c' });
    const decisions = await Promise.all([decide(request(one)), decide(request(other))]);
    expect(decisions.map(summary)).to.deep.equal(['allow', '422 DependencyCycle']);
  });

  it('does not hold a Job against others that was refused after its admission', async () => {
    const { decide } = decider({ exists: () => Promise.resolve(false) });
    await decide(request(arrivedJob({ 'depends-on': 'c' }, undefined, { name: 'b' })));
    const other = arrivedJob({ 'depends-on': 'b' }, undefined, { name: 'c' });
    expect(summary(await decide(request(other)))).to.equal('allow');
  });

  it('leaves no trace of a dry run', async () => {
    const { decide, admitted } = decider();
    const decision = await decide(request(arrivedJob({ 'depends-on': 'a' }), { dryRun: true }));
    expect(summary(decision)).to.equal('allow');
    expect(admitted).to.deep.equal([]);
  });

  it('says that it is not ready when the API server cannot be asked for a template', async () => {
    const { decide } = decider({
      template: () => Promise.reject(new ApiError({ kind: 'retry', message: 'connection refused' })),
    });
    const decision = await decide(request(arrivedJob({ template: 't' })));
    expect(decision).to.deep.include({ kind: 'deny', code: 503, reason: 'NotReady' });
    expect(decision.kind === 'deny' && decision.message).to.include('connection refused');
  });

  it('refuses what only jobflow may write as forbidden, and a bad Job as unprocessable', async () => {
    const { decide } = decider();
    expect(summary(await decide(request(arrivedJob({ gated: 'x' }))))).to.equal('403 OwnAnnotation');
    expect(summary(await decide(request(arrivedJob({ hold: 'yes' }))))).to.equal(
      '422 AnnotationUnknownValue',
    );
  });

  it('reads no template for an edit', async () => {
    const { decide } = decider({ template: () => Promise.reject(new Error('asked')) });
    const job = arrivedJob({ template: 't' });
    const edit = request(job, { operation: 'UPDATE', oldObject: job });
    expect(await decide(edit)).to.deep.equal({ kind: 'allow', warnings: [] });
  });
});
