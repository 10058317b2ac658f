import { expect } from 'chai';
import type { JobObject, JsonObject } from '../../../src/api/job.ts';
import {
  admitted,
  arrivedJob,
  arrivedSpec,
  create,
  foundFlow,
  foundTemplate,
  stored,
  update,
  withSuspend,
} from './job-builder.ts';

const OWNED: JsonObject = {
  'f:spec': {
    'f:suspend': {},
    'f:template': { 'f:spec': { 'f:containers': {}, 'f:restartPolicy': {} } },
  },
};

/** A dependent whose file states OnFailure, with its owners. */
function owned(operation: string, fieldsV1 = OWNED): JobObject {
  const spec = arrivedSpec([{ name: 'main', image: 'i' }], {}, { restartPolicy: 'OnFailure' });
  const managedFields = [{ manager: 'kubectl-client-side-apply', operation, fieldsV1 }];
  return arrivedJob({ 'depends-on': 'a' }, spec, { managedFields });
}

function ownersOf({ metadata }: JobObject): unknown {
  return metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1);
}

describe('field ownership', () => {
  it('is taken from a creator whose restartPolicy and suspend were not stored', () => {
    const job = owned('Update');
    expect(ownersOf(admitted(create(job), job))).to.deep.equal([
      { 'f:spec': { 'f:template': { 'f:spec': { 'f:containers': {} } } } },
    ]);
  });

  it('leaves no empty set, which would own what holds it', () => {
    const job = owned('Update', { 'f:metadata': {}, 'f:spec': { 'f:suspend': {} } });
    expect(ownersOf(admitted(create(job), job))).to.deep.equal([{ 'f:metadata': {} }]);
  });

  it('is taken from a creator whose default a template replaced, also of a field owned as one value', () => {
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }],
        },
      },
    };
    const containers = [{ name: 'main', image: 'i:1' }];
    const fieldsV1 = {
      'f:spec': {
        'f:backoffLimit': {},
        'f:template': {
          'f:spec': {
            'f:affinity': { 'f:nodeAffinity': { 'f:requiredDuringSchedulingIgnoredDuringExecution': {} } },
            'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:imagePullPolicy': {} } },
          },
        },
      },
    };
    const managedFields = [{ manager: 'kubectl-client-side-apply', operation: 'Update', fieldsV1 }];
    const job = arrivedJob(
      { template: 't', flow: 'f' },
      arrivedSpec(containers, {}, { affinity, restartPolicy: 'Never' }),
      { managedFields },
    );
    const template = foundTemplate({
      backoffLimit: 2,
      template: { spec: { containers: [{ name: 'main', imagePullPolicy: 'Never' }] } },
    });
    const flow = foundFlow({ nodeName: 'node-1' });
    expect(ownersOf(admitted(create(job, { template, flow }), job))).to.deep.equal([
      {
        'f:spec': {
          'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {} } } } },
        },
      },
    ]);
  });

  it('stays with a server-side apply, which says what its file says', () => {
    const job = owned('Apply');
    expect(ownersOf(admitted(create(job), job))).to.deep.equal([OWNED]);
  });

  it('is taken from whoever patched a waiting Job to suspend: false', () => {
    const job = owned('Apply');
    const old = stored(admitted(create(job), job));
    const next = withSuspend(old, false);
    const patch = {
      manager: 'kubectl-patch',
      operation: 'Update',
      fieldsV1: { 'f:spec': { 'f:suspend': {} } },
    };
    next.metadata = { ...next.metadata, managedFields: [...(next.metadata.managedFields ?? []), patch] };
    const kept = admitted(update(old, next, 'kubectl-patch'), next);
    expect(ownersOf(kept)).to.deep.equal([OWNED]);
  });
});
