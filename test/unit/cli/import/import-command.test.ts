import { expect } from 'chai';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../../../src/cli/program.ts';
import { RecordedTerminal } from '../terminal/recorded-terminal.ts';
import { graph, importText, succeeded } from './pipeline-builder.ts';

const PIPELINE = graph({ a: '', b: 'a' });

describe('jobflow import', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-import-'));
    await writeFile(join(folder, 'jobpipline.yaml'), PIPELINE);
    await mkdir(join(folder, 'config'));
    await writeFile(
      join(folder, 'config/jobs.yaml'),
      'image: busybox:1.36\njobs: {b: {depends_on: [a]}, a: {}}',
    );
    for (const name of ['a', 'b']) await writeFile(join(folder, `config/${name}.yaml`), 'command: ["true"]');
  });

  after(() => rm(folder, { recursive: true }));

  async function run(words: readonly string[], input = '') {
    const terminal = new RecordedTerminal({ input });
    const code = await runProgram('jobflow', ['import', ...words], terminal);
    return { code, out: terminal.written, err: terminal.errors };
  }

  it('prints the Jobs of a file, of a folder and of the standard input', async () => {
    const { yaml } = succeeded(importText(PIPELINE));
    const expected = { code: 0, out: yaml, err: '' };
    expect(await run([join(folder, 'jobpipline.yaml')])).to.deep.equal(expected);
    expect(await run([join(folder, 'config')])).to.deep.equal(expected);
    expect(await run(['-'], PIPELINE)).to.deep.equal(expected);
  });

  it('prints a JobFlow, under another name and in another namespace', async () => {
    const { code, out } = await run(
      ['-', '--as', 'flow', '--name', 'daily', '-n', 'prod', '-o', 'json'],
      PIPELINE,
    );
    expect(code).to.equal(0);
    const flow = JSON.parse(out) as unknown;
    expect(flow).to.deep.include({ kind: 'JobFlow', metadata: { name: 'daily', namespace: 'prod' } });
  });

  it('prints several Jobs in JSON as a List', async () => {
    const { out } = await run(['-', '-o', 'json'], PIPELINE);
    expect(JSON.parse(out)).to.nested.include({ kind: 'List', 'items[1].metadata.name': 'b' });
  });

  it('ends with 1 and says why, if anything is wrong', async () => {
    expect(await run(['-'], graph({ a: 'b' }))).to.deep.equal({
      code: 1,
      out: '',
      err: 'stdin:10:22: error: data["jobs.yaml"].jobs.a.depends_on[0]: "b" is not allowed; write the name of a Job in jobs.\n',
    });
    const missing = join(folder, 'none.yaml');
    expect(await run([missing])).to.deep.equal({
      code: 1,
      out: '',
      err: `${missing}: error: cannot be read, because there is no such file or folder; correct the path.\n`,
    });
  });

  it('warns, and imports', async () => {
    const { code, out, err } = await run(['-'], graph({ a: '' }, 'image: i\nretries: 3'));
    expect(code).to.equal(0);
    expect(out).to.match(/^apiVersion: batch\/v1/);
    expect(err).to.match(/^stdin:8:5: warning: data\["jobs\.yaml"\]\.retries: is left out/);
  });

  it('says nothing but its own sentences about keys that are no texts', async () => {
    const warned: string[] = [];
    const listen = ({ message }: Error) => warned.push(message);
    process.on('warning', listen);
    const { err } = await run(['-'], 'data:\n  ? { a: b }\n  : c\n');
    // Node.js tells of a warning in its own time.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(err).to.match(/^stdin:1:1: error: data\["jobs\.yaml"\]: is missing;/);
    expect(warned).to.deep.equal([]);
  });

  it('ends with 2 for words that make no sense', async () => {
    expect(await run([])).to.include({ code: 2 });
    expect(await run(['-', '--as', 'cronjob'])).to.include({ code: 2 });
    const { code, err } = await run(['-', '-n', 'No_Namespace'], PIPELINE);
    expect(code).to.equal(2);
    expect(err).to.match(
      /^stdin: error: --namespace: "No_Namespace" is not allowed; write the name of a namespace/,
    );
    expect(await run(['-', '--as', 'flow', '--name', 'No Name'], PIPELINE)).to.include({ code: 2, out: '' });
  });
});
