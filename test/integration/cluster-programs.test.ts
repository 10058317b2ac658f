import { expect } from 'chai';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS, ensurePrograms } from '../support/cluster.ts';

/*
 * How the programs of the local cluster come to be, with a `go` that is a shell script: what is tested is the
 * building, not what is built, and a real build takes minutes.
 */
describe('the programs of the local cluster', () => {
  let folder: string;
  let env: Record<string, string>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobflow-programs-'));
    await mkdir(join(folder, 'go-bin'));
    env = {
      PATH: `${join(folder, 'go-bin')}:/usr/bin:/bin`,
      XDG_CACHE_HOME: folder,
      HOME: folder,
      CALLS: join(folder, 'calls'),
    };
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('are built once, also when two ask at once, and then found', async function () {
    this.timeout(120_000);
    await installGo({ version: 'go1.99.0', build: 'printf "#!/bin/sh\\n" > "$output"; chmod +x "$output"' });
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const [first, second] = await Promise.all([ensurePrograms({ env, log }), ensurePrograms({ env, log })]);
    expect(first).to.equal(second);
    expect(await readdir(first)).to.have.members([...PROGRAMS]);
    expect(await ensurePrograms({ env, log })).to.equal(first);
    expect((await builds()).length).to.equal(PROGRAMS.length);
    expect(lines.some((line) => /^\[1\/7\] etcd v\S+ built in 0:\d\d$/.test(line))).to.equal(true);
    expect(await readdir(join(folder, 'jobflow', 'programs'))).to.deep.equal([first.split('/').at(-1)]);
  });

  it('are built by whoever finds the lock of a process that has ended', async function () {
    this.timeout(120_000);
    await installGo({ version: 'go1.99.0', build: 'exit 1' });
    await refusal();
    const cache = join(folder, 'jobflow', 'programs');
    await installGo({ version: 'go1.99.0', build: 'printf "#!/bin/sh\\n" > "$output"; chmod +x "$output"' });
    const built = await ensurePrograms({ env });
    await rm(built, { recursive: true });
    await writeFile(`${built}.lock`, JSON.stringify({ pid: process.pid, startedAt: 'before this process' }));
    await mkdir(`${built}.unfinished-1`);
    await ensurePrograms({ env });
    expect(await readdir(cache)).to.deep.equal([built.split('/').at(-1)]);
  });

  it('show the error of a build that fails, and leave nothing unfinished', async function () {
    this.timeout(120_000);
    await installGo({ version: 'go1.99.0', build: 'echo "etcd.go:7: no space left on device" >&2; exit 1' });
    expect(await refusal())
      .to.contain('Building etcd failed')
      .and.to.contain('no space left on device');
    expect(await readdir(join(folder, 'jobflow', 'programs'))).to.deep.equal([]);
  });

  it('need a Go that is new enough, and say which', async () => {
    await installGo({ version: 'go1.20.1', build: 'exit 1' });
    expect(await refusal()).to.match(/needs Go 1\.2\d\.\d+, and `go` is 1\.20\.1\. Install Go/);
  });

  it('say so when there is no Go at all', async () => {
    env.PATH = join(folder, 'go-bin');
    expect(await refusal()).to.contain('no working `go` was found on the PATH');
  });

  it('say which are missing from the folder that JOBFLOW_CLUSTER_BIN names', async () => {
    env.JOBFLOW_CLUSTER_BIN = folder;
    expect(await refusal())
      .to.contain('lacks etcd, kube-apiserver')
      .and.to.contain(folder);
  });

  async function installGo({ version, build }: { version: string; build: string }): Promise<void> {
    const path = join(folder, 'go-bin', 'go');
    const script = [
      '#!/bin/sh',
      `if [ "$1" = env ]; then echo ${version}; exit 0; fi`,
      'echo "$*" >> "$CALLS"',
      'while [ "$1" != -o ]; do shift; done',
      'output=$2',
      build,
      '',
    ];
    await writeFile(path, script.join('\n'));
    await chmod(path, 0o755);
  }

  async function builds(): Promise<string[]> {
    return (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
  }

  async function refusal(): Promise<string> {
    return ensurePrograms({ env }).then(
      () => 'nothing was refused',
      (error: unknown) => String(error),
    );
  }
});
