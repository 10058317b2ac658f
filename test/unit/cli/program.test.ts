import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { VERSION } from '../../../src/runtime/version.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';
import { ROOT } from '../docs/pages.ts';

const MAIN = join(ROOT, 'src/cli/main.ts');

const JOB = `apiVersion: batch/v1
kind: Job
metadata:
  name: a
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: busybox:1.36 }]
`;
const SLOPPY = JOB.replace('name: a', 'name: a\n  annotations: { api.practice.com/depends-on: b }');
const WRONG = JOB.replace('restartPolicy', 'restartpolicy');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

describe('the program jobflow', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-cli-'));
    await writeFile(join(folder, 'good.yaml'), JOB);
    await writeFile(join(folder, 'sloppy.yaml'), SLOPPY);
    await writeFile(join(folder, 'wrong.yaml'), WRONG);
    await mkdir(join(folder, 'deep/er'), { recursive: true });
    await writeFile(join(folder, 'deep/good.yml'), JOB);
    await writeFile(join(folder, 'deep/er/wrong.json'), WRONG);
    await writeFile(join(folder, 'latin1.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xe4]));
    await mkdir(join(folder, 'empty'));
    await symlink(MAIN, join(folder, 'kubectl-jobflow'));
  });
  after(() => rm(folder, { recursive: true }));

  async function jobflow(words: readonly string[], input = '', program = MAIN): Promise<Ended> {
    const child = spawn(process.execPath, [program, ...words], { cwd: folder });
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [out, err, code] = await Promise.all([readText(child.stdout), readText(child.stderr), ended]);
    return { code, out, err };
  }

  it('ends with 0 where nothing is wrong', async () => {
    const ended = await jobflow(['lint', '-f', 'good.yaml']);
    expect(ended).to.deep.equal({ code: 0, out: '', err: 'Nothing is wrong in 1 object of 1 file.\n' });
  });

  it('ends with 1 and says where, if something is wrong', async () => {
    const { code, out, err } = await jobflow(['lint', '-f', 'wrong.yaml', '-f', 'good.yaml']);
    expect(code).to.equal(1);
    expect(out.split('\n')[1]).to.equal(
      'wrong.yaml:8:7: error: Job "a": spec.template.spec.restartpolicy: is no such field; correct or remove it (`kubectl explain job` describes it).',
    );
    expect(err).to.equal('3 errors in 2 objects of 2 files.\n');
  });

  it('lets warnings pass, but not with --strict', async () => {
    expect(await jobflow(['lint', '-f', 'sloppy.yaml'])).to.include({ code: 0 });
    expect(await jobflow(['lint', '-f', 'sloppy.yaml', '--strict'])).to.include({ code: 1 });
  });

  it('reads the standard input', async () => {
    const { code, out } = await jobflow(['lint', '-f', '-'], WRONG);
    expect(code).to.equal(1);
    expect(out).to.match(/^stdin:\d+:\d+: error: /);
  });

  it('reads a folder, and with -R those in it', async () => {
    expect(await jobflow(['lint', '-f', 'deep'])).to.include({ code: 0 });
    const { code, out } = await jobflow(['lint', '-R', '-f', 'deep']);
    expect(code).to.equal(1);
    expect(out).to.include('deep/er/wrong.json:8:7: error: ');
  });

  it('says in one sentence why a file cannot be read, and goes on', async () => {
    const { code, out, err } = await jobflow([
      'lint',
      '-f',
      'missing.yaml',
      'latin1.yaml',
      'empty',
      'good.yaml',
    ]);
    expect(code).to.equal(1);
    expect(out.split('\n')).to.deep.equal([
      'missing.yaml: error: The file cannot be read, because there is no such file or folder; correct the path.',
      'latin1.yaml: error: The file is not text in UTF-8; save it as UTF-8.',
      'empty: error: The file is a folder without a file that ends in .yaml, .yml or .json.',
      '',
    ]);
    expect(err).to.equal('3 errors in 1 object of 4 files.\n');
  });

  it('writes JSON for programs', async () => {
    const { code, out, err } = await jobflow(['lint', '-f', 'sloppy.yaml', '-o', 'json']);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    const report: unknown = JSON.parse(out);
    expect(report).to.deep.include({ files: 1, objects: 1, errors: 0, warnings: 1 });
    expect(report).to.have.nested.property('findings[0].rule', 'DependencyUnknown');
    expect(report).to.have.nested.property('findings[0].line', 5);
    expect(report).to.have.nested.property('findings[0].object.name', 'a');
  });

  it('writes SARIF for CI', async () => {
    const { code, out } = await jobflow(['lint', '-f', 'deep', 'wrong.yaml', 'missing.yaml', '-o', 'sarif']);
    expect(code).to.equal(1);
    const report = JSON.parse(out) as {
      version: string;
      runs: {
        tool: { driver: { rules: { id: string }[] } };
        results: { ruleId: string; ruleIndex: number }[];
      }[];
    };
    expect(report.version).to.equal('2.1.0');
    const [run] = report.runs;
    for (const { ruleId, ruleIndex } of run?.results ?? []) {
      expect(run?.tool.driver.rules[ruleIndex]?.id).to.equal(ruleId);
    }
    const found = (run?.results ?? []).map((result) => JSON.stringify(result));
    expect(
      found.some((result) => result.includes('"uri":"wrong.yaml"},"region":{"startLine":8,"startColumn":7}')),
    ).to.equal(true);
    expect(found.at(-1)).to.include('"uri":"missing.yaml"}}');
  });

  it('shows what waits for what', async () => {
    const ended = await jobflow(['graph', '-f', 'sloppy.yaml']);
    expect(ended).to.deep.equal({
      code: 0,
      out: 'STEP   JOB   WAITS FOR\n    1  b     (not in these files)\n    2  a     b\n',
      err: '',
    });
    expect((await jobflow(['graph', '-f', 'good.yaml', '-o', 'mermaid'])).out).to.equal(
      'flowchart LR\n  n0_0["a"]\n',
    );
    expect((await jobflow(['graph', '-f', 'good.yaml', '-o', 'dot'])).out).to.match(/^digraph jobflow {\n/);
  });

  it('draws what it can read, tells of the rest, and ends with 1', async () => {
    const { code, out, err } = await jobflow(['graph', '-f', 'good.yaml', 'missing.yaml']);
    expect(code).to.equal(1);
    expect(out).to.include('    1  a\n');
    expect(err).to.match(/^missing\.yaml: error: The file cannot be read/);
  });

  it('ends with 2 where the words make no sense, and says how they should be', async () => {
    for (const words of [
      [],
      ['lint'],
      ['lint', '-f', 'good.yaml', '-o', 'xml'],
      ['nonsense'],
      ['lint', '--what'],
    ]) {
      const { code, out, err } = await jobflow(words);
      expect(code, words.join(' ')).to.equal(2);
      expect(out).to.equal('');
      expect(err).to.match(/--help says more|Usage: /);
    }
  });

  it('says how it is used', async () => {
    for (const words of [['--help'], ['help', 'lint'], ['lint', '--help']]) {
      const { code, out } = await jobflow(words);
      expect(code).to.equal(0);
      expect(out).to.include('Usage: jobflow');
    }
  });

  it('says how each command is used, with examples, and no default that says nothing', async () => {
    const help = async (...words: string[]): Promise<string> => {
      const terminal = new RecordedTerminal();
      expect(await runProgram('jobflow', ['help', ...words], terminal)).to.equal(0);
      return terminal.written;
    };
    const named = new Set((await help()).match(/(?<=^ {2})[a-z]+(?= )/gm));
    expect([...named]).to.include.members(['run', 'status', 'why', 'hold', 'lint', 'version']);
    for (const name of named) {
      if (name === 'help' || name === 'jobflow') continue;
      const page = await help(name);
      expect(page).to.match(new RegExp(`\\nExamples:\\n.*\\bjobflow ${name}\\b`));
      expect(page).not.to.match(/default: (false|\[\]|"")/);
    }
  });

  it('is a plugin of kubectl under the name of one', async () => {
    const { out } = await jobflow(['--help'], '', join(folder, 'kubectl-jobflow'));
    expect(out).to.include('Usage: kubectl jobflow');
  });

  it('knows its version', async () => {
    expect((await jobflow(['--version'])).out).to.equal(`jobflow ${VERSION}\n`);
    expect((await jobflow(['version', '--client'])).out).to.equal(
      `jobflow ${VERSION} (Node.js ${process.versions.node})\n`,
    );
    const about: unknown = JSON.parse((await jobflow(['version', '--client', '-o', 'json'])).out);
    expect(about).to.deep.equal({ version: VERSION, node: process.versions.node });
  });
});
