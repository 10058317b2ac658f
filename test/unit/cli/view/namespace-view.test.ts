import { expect } from 'chai';
import type { NamespaceObjects } from '../../../../src/cli/cluster/read-objects.ts';
import { flowState } from '../../../../src/cli/view/concerned-parts.ts';
import { viewNamespace, type NamespaceView } from '../../../../src/cli/view/namespace-view.ts';
import { CREATED_MS, job } from '../../../support/job-builder.ts';
import type { JobBuilder } from '../../../support/job-builder.ts';

function view(jobs: readonly JobBuilder[], rest: Partial<NamespaceObjects> = {}): NamespaceView {
  const objects = { namespace: 'test', flows: [], daemons: [], unread: [], ...rest };
  return viewNamespace({ ...objects, jobs: jobs.map((each) => each.object()) }, CREATED_MS);
}

function statesIn({ parts }: NamespaceView): Record<string, string> {
  return Object.fromEntries([...parts].map(([name, { state }]) => [name, state]));
}

const FLOW = {
  metadata: { namespace: 'test', name: 'etl', uid: 'f-1', resourceVersion: '1' },
  spec: {
    flows: [
      { name: 'load', jobTemplate: {} },
      { name: 'report', dependencies: ['load'], jobTemplate: {} },
    ],
  },
};

describe('the view of a namespace', () => {
  it('says where each Job stands', () => {
    const seen = view([
      job('ended').ended('Complete'),
      job('broken').ended('Failed'),
      job('left-out').ended('Skipped'),
      job('busy').started(),
      job('paused').spec({ suspend: true }),
      job('waits').dependsOn('busy'),
      job('held').dependsOn('ended').annotated('hold', 'true'),
      job('both').dependsOn('busy').annotated('hold', 'true'),
    ]);
    expect(statesIn(seen)).to.deep.equal({
      ended: 'Complete',
      broken: 'Failed',
      'left-out': 'Skipped',
      busy: 'Running',
      paused: 'Suspended',
      waits: 'Waiting',
      held: 'Held',
      both: 'Waiting',
    });
  });

  it('says what keeps a Job waiting', () => {
    const seen = view([job('busy').started(), job('waits').dependsOn('busy, missing')]);
    expect(seen.parts.get('waits')?.waitingOn).to.deep.equal([
      { kind: 'running', name: 'busy' },
      { kind: 'notCreated', name: 'missing' },
    ]);
  });

  it('names the cycle that a Job is on', () => {
    const seen = view([job('a').dependsOn('b'), job('b').dependsOn('a'), job('c').dependsOn('a')]);
    expect(seen.parts.get('a')?.cycle).to.deep.equal(['a', 'b', 'a']);
    expect(seen.parts.get('b')?.cycle).to.deep.equal(['b', 'a', 'b']);
    expect(seen.parts.get('c')?.cycle).to.equal(undefined);
  });

  it('shows the Jobs that a flow has yet to make, in the order of its entries, and those that joined it', () => {
    const joined = job('extra').annotated('flow', 'etl').started();
    const seen = view([joined], { flows: [FLOW] });
    const parts = seen.flows.get('etl')?.parts ?? [];
    expect(parts.map(({ name, state }) => [name, state])).to.deep.equal([
      ['etl-load', 'Waiting'],
      ['etl-report', 'Waiting'],
      ['extra', 'Running'],
    ]);
    expect(parts[1]?.edges.map(({ name }) => name)).to.deep.equal(['etl-load']);
  });

  it('knows how a Job of a flow ended that is gone', () => {
    const status = { jobStatusList: { 'etl-load': 'Succeed' as const } };
    const seen = view([], { flows: [{ ...FLOW, status }] });
    expect(seen.parts.get('etl-load')?.state).to.equal('Complete');
  });

  it('has a flow without entries stand where those stand that have joined it', () => {
    const states = (['Running', 'Failed', 'Succeed'] as const).map((state) => {
      const seen = view([], { flows: [{ ...FLOW, spec: {}, status: { state } }] });
      const record = seen.flows.get('etl')?.record;
      return record && flowState(record);
    });
    expect(states).to.deep.equal(['Running', 'Failed', 'Complete']);
  });

  it('counts no start of a Job that was ended at its gate, and one more for each pod that failed', () => {
    const condition = { type: 'Failed', status: 'True', reason: 'DependencyFailed', message: 'it did' };
    const seen = view([job('failed').started().condition(condition), job('busy').started()]);
    expect(seen.parts.get('failed')).to.include({ startedMs: undefined, attempts: 0 });
    expect(seen.parts.get('busy')).to.include({ startedMs: CREATED_MS, attempts: 1 });
  });

  it('has a DaemonJob without a gate wait for its first Job', () => {
    const metadata = { namespace: 'test', name: 'tidy', uid: 'd-1', resourceVersion: '1' };
    const daemons = [{ metadata, spec: { template: {} } }];
    expect(statesIn(view([], { daemons }))).to.deep.equal({ 'daemonjob/tidy': 'Waiting' });
  });
});
