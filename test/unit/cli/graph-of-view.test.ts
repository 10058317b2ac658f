import { expect } from 'chai';
import { formatOutcomes } from '../../../src/api/outcomes-record.ts';
import { drawDot } from '../../../src/cli/graph/draw-dot.ts';
import { drawMermaid } from '../../../src/cli/graph/draw-mermaid.ts';
import { drawSvg } from '../../../src/cli/graph/draw-svg.ts';
import { drawText } from '../../../src/cli/graph/draw-text.ts';
import { graphOfFlow, graphOfView } from '../../../src/cli/graph/graph-of-view.ts';
import { viewNamespace, type NamespaceView } from '../../../src/cli/view/namespace-view.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';

function view(jobs: readonly JobBuilder[], flows: readonly object[] = []): NamespaceView {
  const objects = { namespace: 'test', daemons: [], unread: [], jobs: jobs.map((each) => each.object()) };
  return viewNamespace({ ...objects, flows: flows as never }, CREATED_MS);
}

function text(graph: ReturnType<typeof graphOfView>): string[] {
  return drawText([graph], new RecordedTerminal()).trimEnd().split('\n');
}

const FLOW = {
  metadata: { namespace: 'test', name: 'etl', uid: 'f-1', resourceVersion: '1' },
  spec: { flows: [{ name: 'load', jobTemplate: {} }] },
};

/** Waits for a Job that has completed and vanished. */
const AFTER_GONE = job('after')
  .dependsOn('gone, missing')
  .annotated('outcomes', formatOutcomes(new Map([['gone', { uid: 'g-1', outcome: 'Complete' }]])));

describe('graph of a cluster', () => {
  it('shows where everything stands that jobflow has to do with', () => {
    const jobs = [
      job('other').started(),
      job('first').ended('Complete'),
      job('next').dependsOn('first, busy'),
      job('busy').started(),
    ];
    expect(text(graphOfView(view(jobs)))).to.deep.equal([
      'STEP   JOB     STATE      WAITS FOR',
      '    1  first   Complete',
      '       busy    Running',
      '    2  next    Waiting    first, busy',
    ]);
  });

  it('knows how a Job ended that is gone', () => {
    const graph = graphOfView(view([AFTER_GONE]));
    expect(text(graph)).to.deep.equal([
      'STEP   JOB       STATE      WAITS FOR',
      '    1  gone      Complete   (gone)',
      '       missing              (not in the cluster)',
      '    2  after     Waiting    gone, missing',
    ]);
    const unread = { resource: 'daemonjobs', because: 'forbidden', sentence: 'You may not.' } as const;
    expect(text(graphOfView(view([AFTER_GONE]), { unread: [unread] }))).to.include(
      '       missing              (not seen)',
    );
    expect(drawMermaid([graph])).to.include(
      '  n0_1["gone · Complete"]:::complete\n  n0_2["missing"]:::unknown\n  n0_1 --> n0_0\n  n0_2 --> n0_0\n  class n0_1 unknown\n',
    );
    expect(drawDot([graph])).to.include(
      '"gone" [label="gone · Complete", style="rounded,dashed,filled", fillcolor="#dafbe1", color="#1a7f37"];',
    );
    expect(drawSvg([graph])).to.include('<title>gone · Complete; gone</title><rect class="complete unknown"');
  });

  it('does not take a Job of another run for the one that is waited for', () => {
    const jobs = [
      job('first').annotated('run', 'monday').ended('Complete'),
      job('next').dependsOn('first').annotated('run', 'tuesday'),
    ];
    expect(text(graphOfView(view(jobs)))).to.deep.equal([
      'STEP   JOB                   STATE      WAITS FOR',
      '    1  first                 Complete',
      '       first (run tuesday)              (not in the cluster)',
      '    2  next                  Waiting    first',
    ]);
  });

  it('shows of one flow its Jobs, and what they wait for', () => {
    const jobs = [
      job('before').dependsOn('start'),
      job('start').started(),
      job('extra').annotated('flow', 'etl').dependsOn('before'),
      job('after').dependsOn('jobflow/etl'),
    ];
    const seen = view(jobs, [FLOW]);
    expect([...graphOfFlow(seen, 'etl').nodes.keys()]).to.deep.equal([
      'etl-load',
      'extra',
      'before',
      'start',
    ]);
    expect(graphOfView(seen).nodes.get('jobflow/etl')).to.include({ state: 'Waiting' });
  });
});
