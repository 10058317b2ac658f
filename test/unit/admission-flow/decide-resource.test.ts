import { expect } from 'chai';
import type { AdmissionDecision, AdmissionRequest } from '../../../src/api/admission-review.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import { WaitingObjects } from '../../../src/core/admission/flow/waiting-objects.ts';
import { ApiError } from '../../../src/kube/api-error.ts';
import { createResourceDecider, type ResourceDeciderOptions } from '../../../webhook/decide-resource.ts';
import { flow, GOOD_SPEC, viewOf } from './flow-builder.ts';

/** A decider that forgets nothing unless stated. */
function decider(
  resources: Partial<ResourceDeciderOptions['resources']> = {},
  index: Partial<ResourceDeciderOptions['index']> = {},
) {
  const objects = new WaitingObjects(() => undefined);
  const admitted: string[] = [];
  const decide = createResourceDecider({
    index: {
      problem: undefined,
      resourceView: () => viewOf(objects, ['JobFlow/etl']),
      admittedWhole: (_, whole) => {
        admitted.push(whole.ref);
        objects.setWhole(whole);
      },
      doubtful: () => [],
      forget: (_, ref) => {
        objects.deleteWhole(ref);
      },
      ...index,
    },
    resources: {
      template: () => Promise.resolve({ kind: 'unknown' }),
      exists: () => Promise.resolve(true),
      ...resources,
    },
  });
  return { decide, admitted };
}

function request(
  resource: string,
  object: JsonObject | undefined,
  more: Partial<AdmissionRequest<JsonObject>> = {},
): AdmissionRequest<JsonObject> {
  return {
    uid: 'u',
    kind: { group: 'api.practice.com', version: 'v1alpha1', kind: 'Any' },
    resource: { group: 'api.practice.com', version: 'v1alpha1', resource },
    subResource: undefined,
    name: 'etl',
    namespace: 'ns',
    operation: 'CREATE',
    userInfo: { username: 'u', groups: [] },
    object,
    oldObject: undefined,
    dryRun: false,
    options: {},
    ...more,
  };
}

function summary(decision: AdmissionDecision): string {
  return decision.kind === 'allow' ? 'allow' : `${decision.code} ${decision.reason}`;
}

const F = flow('f').entry('a', 'jobflow/g').object();
const G = flow('g').entry('a', 'jobflow/f').object();
const WITH_TEMPLATE = flow('f').entry('a', '', { jobTemplateRef: 't' }).object();

describe('createResourceDecider', () => {
  it('decides nothing before the index is complete', async () => {
    const { decide } = decider({}, { problem: 'it has not seen all JobFlows yet' });
    expect(summary(await decide(request('jobflows', F)))).to.equal('503 NotReady');
  });

  it('counts an admitted JobFlow at once, so that of two that race one is refused', async () => {
    const { decide, admitted } = decider();
    const decisions = await Promise.all([decide(request('jobflows', F)), decide(request('jobflows', G))]);
    expect(decisions.map(summary)).to.deep.equal(['allow', '422 DependencyCycle']);
    expect(admitted).to.deep.equal(['jobflow/f']);
  });

  it('leaves no trace of a dry run', async () => {
    const { decide, admitted } = decider();
    expect(summary(await decide(request('jobflows', F, { dryRun: true })))).to.equal('allow');
    expect(admitted).to.deep.equal([]);
  });

  it('forgets a JobFlow that was admitted and then refused by somebody else', async () => {
    const { decide } = decider({ exists: () => Promise.resolve(false) }, { doubtful: () => ['jobflow/f'] });
    await decide(request('jobflows', F));
    expect(summary(await decide(request('jobflows', G)))).to.equal('allow');
  });

  it('puts back what jobflow has written and an edit lacks, and changes nothing else', async () => {
    const daemon = (annotations: JsonObject): JsonObject => ({
      kind: 'DaemonJob',
      metadata: { name: 'd', annotations },
      spec: GOOD_SPEC,
    });
    const old = daemon({ 'api.practice.com/outcomes': '{}' });
    const { decide } = decider();
    const edit = (object: JsonObject): Promise<AdmissionDecision> =>
      decide(request('daemonjobs', object, { operation: 'UPDATE', oldObject: old }));
    expect(await edit(daemon({}))).to.deep.equal({ kind: 'allow', warnings: [], patched: old });
    expect(await edit(old)).to.deep.equal({ kind: 'allow', warnings: [] });
  });

  it('asks the API server for a template before it refuses', async () => {
    const asked: string[] = [];
    const found = { kind: 'found', resource: { spec: { jobTemplate: GOOD_SPEC } } } as const;
    const { decide } = decider({
      template: (namespace, name) => {
        asked.push(`${namespace}/${name}`);
        return Promise.resolve(found);
      },
    });
    expect(summary(await decide(request('jobflows', WITH_TEMPLATE)))).to.equal('allow');
    expect(asked).to.deep.equal(['ns/t']);
    expect(summary(await decider().decide(request('jobflows', WITH_TEMPLATE)))).to.equal(
      '422 TemplateUnknown',
    );
  });

  it('says that it is not ready when the API server cannot be asked', async () => {
    const { decide } = decider({
      template: () => Promise.reject(new ApiError({ kind: 'retry', message: 'connection refused' })),
    });
    expect(summary(await decide(request('jobflows', WITH_TEMPLATE)))).to.equal('503 NotReady');
  });

  it('warns of the deletion of a JobTemplate that is used, and never refuses one', async () => {
    const { decide } = decider();
    const oldObject = { metadata: { name: 't' }, spec: 'anything' };
    const decision = await decide(request('jobtemplates', undefined, { operation: 'DELETE', oldObject }));
    expect(decision.kind === 'allow' && decision.warnings.join()).to.include('is used by JobFlow/etl');
  });

  it('judges DaemonJobs and JobTemplates, each by its own rules', async () => {
    const { decide } = decider();
    const nothing = { metadata: { name: 'x' }, spec: {} };
    expect(summary(await decide(request('daemonjobs', nothing)))).to.equal('422 FieldInvalid');
    expect(summary(await decide(request('jobtemplates', nothing)))).to.equal('422 FieldInvalid');
    expect(summary(await decide(request('others', nothing)))).to.equal('allow');
  });
});
