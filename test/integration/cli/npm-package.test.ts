import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { VERSION } from '../../../src/runtime/version.ts';
import { runCommand } from '../../support/cluster/run-command.ts';
import { nodeRelease, npmEnvironment } from '../../support/node-release.ts';
import { ROOT } from '../../unit/docs/pages.ts';

/** The oldest major release of Node.js that the package names; of the one the checkout has, there is a copy already. */
const OLDEST_NODE = '22.23.3';
/** More than this and something has got in that is not needed, in bytes of the tarball. */
const SIZE_LIMIT = 500_000;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

describe('the npm package', () => {
  let folder: string;
  let packed: Packed;

  before('pack, and install into an empty folder', async function () {
    this.timeout(180_000);
    folder = await mkdtemp(join(tmpdir(), 'jobflow-package-'));
    const env = npmEnvironment();
    const { stdout } = await runCommand(
      'npm pack',
      ['npm', 'pack', '--json', '--foreground-scripts=false', '--pack-destination', folder],
      { cwd: ROOT, env },
    );
    [packed] = JSON.parse(stdout) as [Packed];
    const install = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund'];
    await runCommand('npm install', [...install, join(folder, packed.filename)], { cwd: folder, env });
  });
  after(() => rm(folder, { recursive: true }));

  it('holds what runs, and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).to.include('dist/src/api/generated/job-spec.schema.json');
    const programs = /^dist\/(src|webhook|controller)\/.*\.(js|json)$/;
    expect(paths.filter((path) => !programs.test(path)).sort()).to.deep.equal([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/package.json',
      'package.json',
    ]);
    expect(packed.size).to.be.below(SIZE_LIMIT);
    const main = packed.files.find(({ path }) => path === 'dist/src/cli/main.js');
    expect(main?.mode).to.equal(0o755);
  });

  it('brings nothing that only developing takes', async () => {
    const about = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      readonly devDependencies: Readonly<Record<string, string>>;
    };
    const installed = JSON.parse(
      await readFile(join(folder, 'node_modules', '.package-lock.json'), 'utf8'),
    ) as { readonly packages: Readonly<Record<string, unknown>> };
    const names = Object.keys(installed.packages).map((path) => path.replace(/^.*node_modules\//, ''));
    // The types of Node.js are a dependency of the official client.
    const development = Object.keys(about.devDependencies).filter((name) => !name.startsWith('@types/'));
    expect(names).to.include('commander');
    expect(names.filter((name) => development.includes(name))).to.deep.equal([]);
  });

  const releases = {
    [process.versions.node]: () => Promise.resolve(dirname(process.execPath)),
    [OLDEST_NODE]: () => nodeRelease(OLDEST_NODE),
  };
  for (const [version, programsOf] of Object.entries(releases)) {
    it(`runs on Node.js ${version}`, async function () {
      this.timeout(180_000);
      const env = {
        ...npmEnvironment(),
        PATH: [await programsOf(), process.env.PATH ?? ''].join(delimiter),
        HOME: folder,
        KUBECONFIG: undefined,
        NODE_OPTIONS: undefined,
      };
      const run = async (...words: string[]): Promise<string> =>
        (await runCommand(words.join(' '), words, { cwd: folder, env })).stdout;
      expect(await run('npx', '--no', 'jobflow', 'version')).to.equal(
        `jobflow ${VERSION} (Node.js ${version})\n`,
      );
      const example = join(ROOT, 'examples', 'nightly-etl.yaml');
      const programs = join(folder, 'node_modules', '.bin');
      expect(await run(join(programs, 'jobflow'), 'lint', '-f', example)).to.equal('');
      const graph = await run(join(programs, 'kubectl-jobflow'), 'graph', '-f', example, '-o', 'dot');
      expect(graph).to.match(/^digraph /);
      const choices = await run(join(programs, 'kubectl_complete-jobflow'), 'gr');
      expect(choices).to.match(/^graph\t.*\n:4\n$/);
    });
  }
});
