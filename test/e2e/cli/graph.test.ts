import { expect } from 'chai';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { openTerminal } from '../../support/terminal/pseudo-terminal.ts';
import { job } from '../support/job-manifest.ts';
import { cliUser, type CliUser } from './cli-fixture.ts';
import { userOfShop } from './shop.ts';

describe('jobflow graph of a cluster', () => {
  let user: CliUser;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    user = await userOfShop(await sharedCluster());
  });

  it('shows what waits for what, and where it stands', async () => {
    const { code, stdout, stderr } = await user.jobflow(['graph']);
    expect(stdout.split('\n')).to.deep.equal([
      'STEP   JOB              STATE       WAITS FOR',
      '    1  etl-extract      Complete',
      '       invoice          Held        a person (hold)',
      '       paused           Suspended',
      '       upload                       (not in the cluster)',
      '    2  etl-alarm        Skipped     etl-extract=Failed',
      '       etl-quality      Failed      etl-extract',
      '    3  etl-load         Failed      etl-quality',
      '       etl-quarantine   Running     etl-quality=Failed',
      '    4  etl-report       Waiting     etl-load=Finished, etl-quarantine, a person (hold)',
      '    5  jobflow/etl      Running     etl-alarm, etl-extract, etl-load, etl-quality, etl-quarantine, etl-report',
      '    6  import           Waiting     upload, jobflow/etl=Finished',
      '',
    ]);
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' });
  });

  it('draws a JobFlow for Mermaid', async () => {
    for (const word of ['etl', 'jobflow/etl']) {
      const { code, stdout } = await user.jobflow(['graph', word, '-o', 'mermaid']);
      expect(code).to.equal(0);
      expect(stdout.split('\n')).to.deep.equal([
        'flowchart LR',
        '  subgraph f0_1["JobFlow etl"]',
        '    n0_0["etl-extract · Complete"]:::complete',
        '    n0_1["etl-alarm · Skipped"]:::skipped',
        '    n0_2["etl-quality · Failed"]:::failed',
        '    n0_3["etl-quarantine · Running"]:::running',
        '    n0_4["etl-load · Failed"]:::failed',
        '    n0_5["etl-report · Waiting (held)"]:::waiting',
        '  end',
        '  n0_0 -->|Failed| n0_1',
        '  n0_0 --> n0_2',
        '  n0_2 -->|Failed| n0_3',
        '  n0_2 --> n0_4',
        '  n0_4 -->|Finished| n0_5',
        '  n0_3 --> n0_5',
        '  classDef complete fill:#dafbe1,stroke:#1a7f37,color:#1f2328',
        '  classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328',
        '  classDef running fill:#ddf4ff,stroke:#0969da,color:#1f2328',
        '  classDef skipped fill:#eaeef2,stroke:#8c959f,color:#1f2328',
        '  classDef waiting fill:#f6f8fa,stroke:#57606a,color:#1f2328',
        '',
      ]);
    }
  });

  it('draws states in the colours of boxes, for Graphviz and as SVG', async () => {
    const dot = await user.jobflow(['graph', 'etl', '-o', 'dot']);
    expect(dot.stdout).to.include(
      '"etl-quarantine" [label="etl-quarantine · Running", style="rounded,filled", fillcolor="#ddf4ff", color="#0969da"];',
    );
    const svg = await user.jobflow(['graph', 'etl', '-o', 'svg']);
    expect(svg.stdout).to.match(/<rect class="running" [^>]*\/><text [^>]*>etl-quarantine · Running<\/text>/);
    expect(svg.stdout.match(/<rect class="failed"/g)).to.have.length(2);
  });

  it('keeps the namespaces of a cluster apart', async () => {
    const other = await cliUser(user.cluster);
    await user.cluster.apply(job('alone').annotated('hold', 'true'), { namespace: other.namespace });
    const graphs = (await user.jobflow(['graph', '-A'])).stdout.split('\n\n');
    const graphOf = (namespace: string) =>
      graphs.find((graph) => graph.startsWith(`Namespace ${namespace}\n`));
    expect(graphOf(user.namespace)).to.include('import           Waiting     upload, jobflow/etl=Finished');
    expect(graphOf(other.namespace)).to.match(/1 {2}alone {3}(Held|Waiting) /);
  });

  it('says in one sentence what is not there', async () => {
    expect(await user.jobflow(['graph', 'etk'])).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `JobFlow "etk" does not exist in namespace "${user.namespace}"; did you mean "etl"?\n`,
    });
    const { jobflow, namespace } = await cliUser(user.cluster);
    expect(await jobflow(['graph'])).to.deep.equal({
      code: 0,
      stdout: '',
      stderr: `There is no annotated Job, JobFlow or DaemonJob in namespace "${namespace}".\n`,
    });
  });

  it('says which words do not go together', async () => {
    for (const words of [
      ['graph', 'etl', '-A'],
      ['graph', 'etl', '-f', 'etl.yaml'],
      ['graph', '-A', '-f', 'etl.yaml'],
    ]) {
      const { code, stderr } = await user.jobflow(words);
      expect(code).to.equal(2);
      expect(stderr).to.match(/^error: .* leave one out\n/);
    }
  });

  it('fits into a small terminal', async () => {
    await using terminal = openTerminal(user.command(['graph']), { columns: 80, rows: 24, env: user.env });
    expect(await terminal.exitCode()).to.equal(0);
    expect(terminal.screen({ colours: true })).to.deep.equal([
      '<grey>STEP   JOB              STATE       WAITS FOR</>',
      '    1  etl-extract      <green>Complete</>',
      '       invoice          <yellow>Held</>        a person (hold)',
      '       paused           <yellow>Suspended</>',
      '       <yellow>upload</>                       (not in the cluster)',
      '    2  etl-alarm        <grey>Skipped</>     etl-extract=Failed',
      '       etl-quality      <red>Failed</>      etl-extract',
      '    3  etl-load         <red>Failed</>      etl-quality',
      '       etl-quarantine   <cyan>Running</>     etl-quality=Failed',
      '    4  etl-report       Waiting     etl-load=Finished, etl-quarantine,',
      '                                    a person (hold)',
      '    5  jobflow/etl      <cyan>Running</>     etl-alarm, etl-extract, etl-load,',
      '                                    etl-quality, etl-quarantine, etl-report',
      '    6  import           Waiting     upload, jobflow/etl=Finished',
    ]);
  });

  it('uses the width of a large terminal', async () => {
    await using terminal = openTerminal(user.command(['graph']), { columns: 200, rows: 60, env: user.env });
    expect(await terminal.exitCode()).to.equal(0);
    expect(terminal.screen()).to.have.length(12);
    expect(terminal.screen()[10]).to.equal(
      '    5  jobflow/etl      Running     etl-alarm, etl-extract, etl-load, etl-quality, etl-quarantine, etl-report',
    );
  });
});
