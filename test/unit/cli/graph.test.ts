import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { graphsOfManifests, type DrawnManifests } from '../../../src/cli/graph/graph-of-manifests.ts';
import { drawDot } from '../../../src/cli/graph/draw-dot.ts';
import { drawMermaid } from '../../../src/cli/graph/draw-mermaid.ts';
import { drawSvg } from '../../../src/cli/graph/draw-svg.ts';
import { layOut } from '../../../src/cli/graph/layout.ts';
import { drawText } from '../../../src/cli/graph/draw-text.ts';
import { parseManifests } from '../../../src/cli/manifests/parse-manifests.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';
import { ROOT } from '../docs/pages.ts';

function graphsOf(text: string): DrawnManifests {
  return graphsOfManifests(parseManifests('f', text).manifests, 'default');
}

function text(manifests: string): string[] {
  return drawText(graphsOf(manifests).graphs, new RecordedTerminal()).split('\n').slice(0, -1);
}

function job(name: string, dependsOn?: string, more = ''): string {
  const annotations =
    dependsOn === undefined ? '' : `, annotations: {api.practice.com/depends-on: '${dependsOn}'${more}}`;
  return `---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}${annotations}}\n`;
}

const FLOW = `---
apiVersion: api.practice.com/v1alpha1
kind: JobFlow
metadata: {name: f}
spec:
  flows:
    - {name: x}
    - {name: z, dependencies: [x=Finished], hold: true}
`;

describe('graph', () => {
  it('shows the nightly example in steps', async () => {
    const manifests = await readFile(join(ROOT, 'examples/nightly-etl.yaml'), 'utf8');
    expect(text(manifests)).to.deep.equal([
      'STEP   JOB                     WAITS FOR',
      '    1  etl-prepare',
      '    2  etl-extract-orders      etl-prepare',
      '       etl-extract-customers   etl-prepare',
      '       etl-fetch-partner       etl-prepare',
      '    3  etl-clean-up-partner    etl-fetch-partner=Failed',
      '       etl-check-quality       etl-extract-orders, etl-extract-customers',
      '    4  etl-load-orders         etl-check-quality',
      '       etl-load-customers      etl-check-quality',
      '       etl-quarantine          etl-check-quality=Failed',
      '    5  etl-report              etl-load-orders, etl-load-customers, etl-quarantine=NotFailed, etl-clean-up-partner=NotFailed',
    ]);
  });

  it('shows the entries of a JobFlow, what waits for the whole, and who waits for a person', () => {
    expect(text(FLOW + job('after', 'jobflow/f'))).to.deep.equal([
      'STEP   JOB         WAITS FOR',
      '    1  f-x',
      '    2  f-z         f-x=Finished, a person (hold)',
      '    3  jobflow/f   f-x, f-z',
      '    4  after       jobflow/f',
    ]);
  });

  it('shows what is not in the files, and what can never start', () => {
    expect(text(job('a', 'b') + job('b', 'a') + job('c', 'a') + job('d', 'elsewhere'))).to.deep.equal([
      'STEP   JOB         WAITS FOR',
      '    1  elsewhere   (not in these files)',
      '    2  d           elsewhere',
      'never  a           b',
      'never  b           a',
      'never  c           a',
    ]);
  });

  it('keeps namespaces apart', () => {
    const there = job('a', 'b').replace('name: a', 'name: a, namespace: there');
    expect(text(job('a') + there)).to.deep.equal([
      'Namespace default',
      'STEP   JOB   WAITS FOR',
      '    1  a',
      '',
      'Namespace there',
      'STEP   JOB   WAITS FOR',
      '    1  b     (not in these files)',
      '    2  a     b',
    ]);
  });

  it('shows the Jobs of CronJobs, DaemonJobs, and names that are yet to be generated', () => {
    const cron = `---
apiVersion: batch/v1
kind: CronJob
metadata: {name: c}
spec: {jobTemplate: {metadata: {annotations: {api.practice.com/depends-on: daemonjob/d}}}}
`;
    const daemon = '---\napiVersion: api.practice.com/v1alpha1\nkind: DaemonJob\nmetadata: {name: d}\n';
    const generated = job('a', 'daemonjob/d').replace('name: a', 'generateName: a-');
    expect(text(cron + daemon + generated)).to.deep.equal([
      'STEP   JOB           WAITS FOR',
      '    1  daemonjob/d',
      '    2  cronjob/c     daemonjob/d',
      '       a-*           daemonjob/d',
    ]);
  });

  it('keeps Jobs apart whose names are yet to be generated alike', () => {
    const generated = job('a', 'first').replace('name: a', 'generateName: a-');
    const { graphs } = graphsOf(job('first') + generated + generated.replace('first', 'second'));
    expect(drawText(graphs, new RecordedTerminal()).split('\n')).to.deep.equal([
      'STEP   JOB      WAITS FOR',
      '    1  first',
      '       second   (not in these files)',
      '    2  a-*      first',
      '       a-*      second',
      '',
    ]);
    expect(drawDot(graphs).match(/label="a-\*"/g)).to.have.length(2);
    expect(drawSvg(graphs).match(/>a-\*<\/text>/g)).to.have.length(2);
  });

  it('leads an edge to a Job of the same run only', () => {
    const run = (name: string) => `, api.practice.com/run: ${name}`;
    const flow = FLOW.replace('{name: f}', '{name: f, annotations: {api.practice.com/run: monday}}');
    expect(
      text(
        job('a') +
          job('b', 'a', run('monday')) +
          job('c', 'b', run('monday')) +
          job('d', 'b, jobflow/f', run('tuesday')) +
          job('e', 'b') +
          job('f', 'jobflow/f, f-x', run('monday')) +
          flow,
      ),
    ).to.deep.equal([
      'STEP   JOB                       WAITS FOR',
      '    1  a',
      '       f-x',
      '       a (run monday)            (not in these files)',
      '       b (run tuesday)           (not in these files)',
      '       jobflow/f (run tuesday)   (not in these files)',
      '    2  b                         a',
      '       d                         b, jobflow/f',
      '       f-z                       f-x=Finished, a person (hold)',
      '    3  c                         b',
      '       e                         b',
      '       jobflow/f                 f-x, f-z',
      '    4  f                         jobflow/f, f-x',
    ]);
  });

  it('goes on below itself what does not fit into the terminal', () => {
    const { graphs } = graphsOf(job('last', 'one, two, three, four, five, six'));
    const terminal = new RecordedTerminal({ size: { columns: 40, rows: 24 } });
    expect(drawText(graphs, terminal).split('\n').slice(-3)).to.deep.equal([
      '    2  last    one, two, three, four,',
      '               five, six',
      '',
    ]);
  });

  it('draws what can be read, and tells of the rest', () => {
    const { graphs, findings } = graphsOf(job('a') + job('b', 'a=Done'));
    expect([...(graphs[0]?.nodes.keys() ?? [])]).to.deep.equal(['a', 'b']);
    expect(findings.map(({ line, message }) => `${line} ${message.slice(0, 60)}`)).to.deep.equal([
      '8 metadata.annotations["api.practice.com/depends-on"]: "a=Done',
    ]);
  });

  it('draws for Mermaid', () => {
    expect(drawMermaid(graphsOf(FLOW + job('after', 'jobflow/f, f-z=Failed, gone')).graphs)).to
      .equal(`flowchart LR
  n0_2["after"]
  n0_3["jobflow/f"]
  n0_4["gone"]:::unknown
  subgraph f0_1["JobFlow f"]
    n0_0["f-x"]
    n0_1["f-z (held)"]
  end
  n0_0 -->|Finished| n0_1
  n0_3 --> n0_2
  n0_1 -->|Failed| n0_2
  n0_4 --> n0_2
  n0_0 -.-> n0_3
  n0_1 -.-> n0_3
  classDef unknown stroke-dasharray: 4 4
`);
  });

  it('draws for Graphviz', () => {
    expect(drawDot(graphsOf(FLOW + job('after', 'f-z=Failed, gone')).graphs)).to.equal(`digraph jobflow {
  rankdir=LR;
  node [shape=box, style=rounded];
  "after" [label="after"];
  "gone" [label="gone", style="rounded,dashed"];
  subgraph "cluster_default/f" {
    label="JobFlow f";
    "f-x" [label="f-x"];
    "f-z" [label="f-z (held)"];
  }
  "f-x" -> "f-z" [label="Finished"];
  "f-z" -> "after" [label="Failed"];
  "gone" -> "after";
}
`);
  });

  it('lays out from left to right, and no two boxes on each other', () => {
    const manifests = FLOW + job('after', 'jobflow/f, f-z=Failed, gone') + job('a', 'b') + job('b', 'a');
    const [graph] = graphsOf(manifests).graphs;
    if (graph === undefined) throw new Error('no graph');
    const { boxes, width, height } = layOut(graph);
    expect([...boxes.keys()].sort()).to.deep.equal([...graph.nodes.keys()].sort());
    const all = [...boxes.values()];
    for (const box of all) {
      expect(box.x + box.width).to.be.at.most(width);
      expect(box.y + box.height).to.be.at.most(height);
      for (const { name } of box.isStuck ? [] : box.node.waitsFor) {
        expect((boxes.get(name)?.x ?? Infinity) + (boxes.get(name)?.width ?? 0)).to.be.lessThan(box.x);
      }
      const overlapping = all.filter(
        (other) => other !== box && other.x === box.x && Math.abs(other.y - box.y) < box.height,
      );
      expect(overlapping).to.deep.equal([]);
    }
  });

  it('draws an SVG with a box for every node and an arrow for every edge', () => {
    const svg = drawSvg(
      graphsOf(FLOW + job('after', 'f-z=Failed, gone') + job('a', 'b') + job('b', 'a')).graphs,
    );
    expect(svg).to.match(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="\d+" height="\d+"/);
    expect(svg.match(/<g><title>/g)).to.have.length(6);
    expect(svg.match(/marker-end/g)).to.have.length(5);
    expect(svg).to.include('>Failed</text>').and.to.include('>Finished</text>');
    expect(svg.match(/class="stuck"/g)).to.have.length(2);
    expect(svg.match(/class="unknown"/g)).to.have.length(1);
    expect(svg).to.include('>f-z (held)</text>');
  });

  it('draws namespaces below each other', () => {
    const svg = drawSvg(graphsOf(job('a') + job('a').replace('name: a', 'name: a, namespace: there')).graphs);
    expect(svg).to.include('>Namespace default</text>').and.to.include('>Namespace there</text>');
  });

  it('lets no name break out of its label', () => {
    const { graphs } = graphsOf(job(`'a"]; "\\'`));
    expect(drawMermaid(graphs)).to.include('["a#34;]; #34;\\"]');
    expect(drawDot(graphs)).to.include('[label="a\\"]; \\"\\\\"]');
    expect(drawSvg(graphsOf(job(`'</text>&'`)).graphs)).to.include('>&#60;/text&#62;&#38;</text>');
  });

  it('draws a chain of ten thousand', function () {
    this.timeout(60_000);
    const chain = Array.from({ length: 10_000 }, (_, n) => job(`j-${n}`, n === 0 ? undefined : `j-${n - 1}`));
    expect(text(chain.reverse().join('')).at(-1)).to.equal('10000  j-9999   j-9998');
  });
});
