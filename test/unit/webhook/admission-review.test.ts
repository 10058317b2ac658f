import { expect } from 'chai';
import fc from 'fast-check';
import { parseAdmissionReview, parseResourceReview } from '../../../src/api/admission-review.ts';
import { job, reviewOf } from './admission-requests.ts';

const SUFFIX = '; send an admission.k8s.io/v1 AdmissionReview.';
const messageOf = (value: unknown): string | undefined => {
  const parsed = parseAdmissionReview(value);
  return parsed.ok ? undefined : parsed.message;
};

describe('reading an AdmissionReview', function () {
  this.timeout(20_000);
  it('gives the fields that jobflow reads', () => {
    const parsed = parseAdmissionReview(reviewOf(job('a')));
    if (!parsed.ok) throw new Error(parsed.message);
    const { request } = parsed.review;
    expect(request).to.include({
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      operation: 'CREATE',
      name: 'a',
      namespace: 'default',
      dryRun: false,
      subResource: undefined,
      oldObject: undefined,
    });
    expect(request.userInfo).to.deep.equal({ username: 'anna', groups: ['system:authenticated'] });
    expect(request.options.fieldManager).to.equal('kubectl-create');
    expect(request.object).to.deep.equal(job('a'));
  });

  it('takes absent and empty fields as the API server sends them', () => {
    const bare = { metadata: { creationTimestamp: null, labels: null }, spec: null, status: {} };
    const parsed = parseAdmissionReview(
      reviewOf(bare, { name: '', options: null, dryRun: null, userInfo: {} }),
    );
    if (!parsed.ok) throw new Error(parsed.message);
    expect(parsed.review.request).to.include({ name: undefined, dryRun: false });
    expect(parsed.review.request.userInfo).to.deep.equal({ username: '', groups: [] });
    expect(parsed.review.request.options).to.deep.equal({});
  });

  const metadata = (fields: object): unknown => reviewOf({ metadata: fields });
  const wrong: [value: unknown, problem: string][] = [
    [null, 'AdmissionReview: is null, expected an object'],
    [[], 'AdmissionReview: is a list, expected an object'],
    ['text', 'AdmissionReview: is a string, expected an object'],
    [{}, 'apiVersion: is missing, expected "admission.k8s.io/v1"'],
    [
      { ...reviewOf(job('a')), apiVersion: 'admission.k8s.io/v1beta1' },
      'apiVersion: is "admission.k8s.io/v1beta1", expected "admission.k8s.io/v1"',
    ],
    [{ ...reviewOf(job('a')), kind: 'Status' }, 'kind: is "Status", expected "AdmissionReview"'],
    [{ ...reviewOf(job('a')), request: undefined }, 'request: is missing, expected an object'],
    [reviewOf(job('a'), { uid: 7 }), 'request.uid: is a number, expected a string'],
    [reviewOf(job('a'), { uid: '' }), 'request.uid: is empty, expected a non-empty string'],
    [
      reviewOf(job('a'), { operation: 'PATCH' }),
      'request.operation: is "PATCH", expected "CREATE" or "UPDATE" or "DELETE" or "CONNECT"',
    ],
    [
      reviewOf(job('a'), { userInfo: { username: 'a', groups: 'admins' } }),
      'request.userInfo.groups: is a string, expected a list or null',
    ],
    [
      reviewOf(job('a'), { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } }),
      'request.kind: is apps/v1/Deployment, expected batch/v1/Job',
    ],
    [reviewOf(null), 'request.object: is missing, expected an object on CREATE'],
    [
      reviewOf(job('a'), { operation: 'UPDATE' }),
      'request.oldObject: is missing, expected an object on UPDATE',
    ],
    [reviewOf({}), 'request.object.metadata: is missing, expected an object'],
    [reviewOf('a'), 'request.object: is a string, expected an object or null'],
    [
      metadata({ annotations: { 'api.practice.com/hold': true } }),
      'request.object.metadata.annotations["api.practice.com/hold"]: is a boolean, expected a string',
    ],
    [
      metadata({ ownerReferences: [{ apiVersion: 'v1', kind: 'A', name: 'a' }] }),
      'request.object.metadata.ownerReferences[0].uid: is missing, expected a string',
    ],
    [
      metadata({ finalizers: ['a', 1] }),
      'request.object.metadata.finalizers[1]: is a number, expected a string',
    ],
    [reviewOf({ metadata: {}, spec: [] }), 'request.object.spec: is a list, expected an object or null'],
    [
      reviewOf(job('a'), { operation: 'UPDATE', oldObject: { metadata: {}, status: { active: '1' } } }),
      'request.oldObject.status.active: is a string, expected an integer',
    ],
    [
      reviewOf(job('a'), { options: { fieldManager: 1 } }),
      'request.options.fieldManager: is a number, expected a string',
    ],
  ];
  for (const [value, problem] of wrong) {
    it(`says "${problem}"`, () => {
      expect(messageOf(value)).to.equal(problem + SUFFIX);
    });
  }

  it('answers any JSON value without throwing, in one line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const body of [value, reviewOf(value), reviewOf({ metadata: value })]) {
          const message = messageOf(body);
          expect(message === undefined || !/[\n\r]/.test(message)).to.equal(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes keys such as __proto__ as ordinary keys', () => {
    const text = JSON.stringify(reviewOf({ metadata: { annotations: {} } })).replace(
      '"annotations":{}',
      '"annotations":{"__proto__":"x","constructor":"y"},"__proto__":{"name":7}',
    );
    const parsed = parseAdmissionReview(JSON.parse(text));
    expect(parsed.ok).to.equal(true);
    expect(Object.prototype).not.to.have.property('name');
  });

  it('takes any kind of object where resources are reviewed, as a plain JSON object', () => {
    const flow = { kind: 'JobFlow', spec: { flows: [] } };
    const kind = { group: 'api.practice.com', version: 'v1alpha1', kind: 'JobFlow' };
    const parsed = parseResourceReview(reviewOf(flow, { kind }));
    expect(parsed.ok && parsed.review.request.object).to.deep.equal(flow);
  });
});
