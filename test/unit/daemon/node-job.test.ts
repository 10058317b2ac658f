import { expect } from 'chai';
import { parseGatedRecord } from '../../../src/api/gated-record.ts';
import type { JobObject, JsonObject } from '../../../src/api/job.ts';
import {
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import { valueAt } from '../../../src/core/admission/json-tree.ts';
import { projectDaemonJob } from '../../../src/core/daemon/daemon-record.ts';
import { makeNodeJob } from '../../../src/core/daemon/node-job.ts';
import { isWaiting, projectJob } from '../../../src/core/job-projection.ts';
import { daemonObject, jobSpec, type DaemonFields } from './builders.ts';

function made(fields: DaemonFields = {}, nodeName = 'n1'): JobObject {
  return makeNodeJob(projectDaemonJob(daemonObject(fields)), nodeName);
}

function pod(job: JobObject): JsonObject {
  return valueAt(job.spec ?? {}, 'template', 'spec') as JsonObject;
}

describe('the Job of a node', () => {
  it('belongs to the DaemonJob and is never gated', () => {
    const job = made();
    const [owner] = job.metadata.ownerReferences ?? [];
    expect(job.metadata).to.include({ name: 'd-n1', namespace: 'test' });
    expect(owner).to.include({ kind: 'DaemonJob', name: 'd', uid: 'd-uid', controller: true });
    const record = projectJob({ ...job, metadata: { ...job.metadata, uid: 'u' } });
    expect(record.terms).to.include({ gated: false });
    expect(record).to.include({ suspended: false, leftAloneBecause: undefined });
    expect(isWaiting(record)).to.equal(false);
    expect(parseGatedRecord(job.metadata.annotations?.[OWN_ANNOTATIONS.gated])?.gate).to.equal(false);
  });

  it('has the inlined JobSpec without what is about the whole', () => {
    const spec = {
      ...jobSpec({ backoffLimit: 2, activeDeadlineSeconds: 60, completions: 3 }),
      suspend: true,
      maxConcurrentNodes: 2,
      excludeNodeList: 'n9',
      globalParams: { env: [] },
    };
    const { spec: inlined } = made({ spec });
    expect({ ...inlined, template: null }).to.deep.equal({
      backoffLimit: 2,
      activeDeadlineSeconds: 60,
      completions: 3,
      template: null,
    });
  });

  it('is pinned to its node by name alone, and never restarts its containers', () => {
    const nodeAffinity = {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'disk', operator: 'Exists' }] }],
      },
      preferredDuringSchedulingIgnoredDuringExecution: [],
    };
    const fields = { affinity: { nodeAffinity, podAffinity: {} }, restartPolicy: 'OnFailure' };
    const job = made({ spec: jobSpec({}, fields) }, 'worker-7.example.com');
    expect(job.metadata.name).to.equal('d-worker-7.example.com');
    expect(pod(job).restartPolicy).to.equal('Never');
    expect(pod(job).affinity).to.deep.equal({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['worker-7.example.com'] }] },
          ],
        },
        preferredDuringSchedulingIgnoredDuringExecution: [],
      },
      podAffinity: {},
    });
  });

  it("has a DaemonSet's tolerations beside its own, and without their limits", () => {
    const own = { key: 'team', operator: 'Exists' };
    const limited = {
      key: 'node.kubernetes.io/not-ready',
      operator: 'Exists',
      effect: 'NoExecute',
      tolerationSeconds: 30,
    };
    const tolerations = pod(made({ spec: jobSpec({}, { tolerations: [limited, own] }) })).tolerations;
    expect(tolerations).to.have.length(7);
    expect(tolerations).to.deep.include(own);
    expect(tolerations).to.deep.include({
      key: 'node.kubernetes.io/not-ready',
      operator: 'Exists',
      effect: 'NoExecute',
    });
    expect(pod(made({ spec: jobSpec({}, { hostNetwork: true }) })).tolerations).to.deep.include({
      key: 'node.kubernetes.io/network-unavailable',
      operator: 'Exists',
      effect: 'NoSchedule',
    });
  });

  it('gets the shared parameters, but is not sent to another node by them', () => {
    const globalParams = {
      nodeName: 'n1',
      env: [{ name: 'A', value: '1' }],
      labels: { team: 'red' },
      annotations: { note: 'x' },
    };
    const job = made({ spec: { ...jobSpec(), globalParams } });
    expect(job.metadata.labels).to.deep.equal({ team: 'red' });
    expect(job.metadata.annotations).to.include({ note: 'x' });
    expect(valueAt(job.spec ?? {}, 'template', 'metadata')).to.deep.equal({
      labels: { team: 'red' },
      annotations: { note: 'x' },
    });
    expect(pod(job).containers).to.deep.equal([
      { name: 'main', image: 'busybox', env: [{ name: 'A', value: '1' }] },
    ]);
    expect(JSON.stringify(pod(job).affinity).match(/metadata\.name/g)).to.have.length(1);
  });

  it("carries its run, and the label of its DaemonJob's flow, but joins the flow not itself", () => {
    const annotations = { [USER_ANNOTATIONS.run]: 'r1', [USER_ANNOTATIONS.flow]: 'etl' };
    const job = made({ annotations });
    expect(job.metadata.labels).to.deep.equal({ [FLOW_LABEL]: 'etl' });
    expect(job.metadata.annotations).to.include({ [USER_ANNOTATIONS.run]: 'r1' });
    expect(job.metadata.annotations).not.to.have.property(USER_ANNOTATIONS.flow);
  });

  it('is kept until its outcome is written if it goes away by itself', () => {
    expect(made().metadata.finalizers).to.equal(undefined);
    const job = made({ spec: jobSpec({ ttlSecondsAfterFinished: 0 }) });
    expect(job.metadata.finalizers).to.deep.equal([KEEP_OUTCOME_FINALIZER]);
  });
});
