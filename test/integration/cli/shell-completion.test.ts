import { expect } from 'chai';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askNames } from '../../../src/cli/completion/ask-names.ts';
import type { WantedNames } from '../../../src/cli/completion/complete-words.ts';
import type { Shell } from '../../../src/cli/completion/shell-scripts.ts';
import type { Cluster } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS, freshNamespace, sharedCluster } from '../../support/cluster/fixture.ts';
import { runCommand } from '../../support/cluster/run-command.ts';
import { openTerminal, type PseudoTerminal } from '../../support/terminal/pseudo-terminal.ts';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const LIMIT_MS = 20_000;
/** Ctrl-U, which takes away what is typed, in each of the shells. */
const CLEAR_LINE = '\u0015';

/** How a shell is started without anybody's own settings, and what it reads first. */
const STARTS: Readonly<Record<Shell, { command: readonly [string, ...string[]]; setUp: string }>> = {
  bash: { command: ['bash', '--norc', '--noprofile'], setUp: "PS1='> '; source <(jobflow completion bash)" },
  zsh: {
    command: ['zsh', '-f'],
    setUp: "PS1='> '; autoload -Uz compinit; compinit -u -D; source <(jobflow completion zsh)",
  },
  fish: {
    command: ['fish', '--no-config'],
    setUp: "function fish_prompt; echo -n '> '; end; jobflow completion fish | source",
  },
};

/** What is typed, and what the line is after the key for completion. */
const COMPLETIONS = {
  'jobflow gr': 'jobflow graph',
  'jobflow lint --fi': 'jobflow lint --filename',
  'jobflow graph -o s': 'jobflow graph -o svg',
  'jobflow graph --output=s': 'jobflow graph --output=svg',
  'jobflow graph -f so': 'jobflow graph -f some.yaml',
  'jobflow graph --filename=so': 'jobflow graph --filename=some.yaml',
};

describe('shell completion', () => {
  /** On the PATH are its programs `jobflow`, `kubectl-jobflow` and `kubectl_complete-jobflow`, and a file for -f. */
  let folder: string;
  let cluster: Cluster;
  let namespace: string;
  let env: Record<string, string>;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    folder = await mkdtemp(join(tmpdir(), 'jobflow-completion-'));
    await writeFile(
      join(folder, 'run'),
      `#!/bin/sh\nexec '${process.execPath}' "$(dirname "$0")/lib/$(basename "$0")" "$@"\n`,
    );
    await chmod(join(folder, 'run'), 0o755);
    await writeFile(join(folder, 'some.yaml'), '');
    await mkdir(join(folder, 'lib'));
    for (const name of ['jobflow', 'kubectl-jobflow', 'kubectl_complete-jobflow']) {
      await copyFile(join(folder, 'run'), join(folder, name));
      await symlink(MAIN, join(folder, 'lib', name));
    }
    cluster = await sharedCluster();
    namespace = await freshNamespace(cluster, 'completion');
    const manifest = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'load' }, spec: jobSpec() };
    await cluster.apply(manifest, { namespace });
    env = {
      PATH: [folder, cluster.binDirectory, process.env.PATH ?? ''].join(delimiter),
      HOME: folder,
      KUBECONFIG: cluster.kubeconfigPath,
    };
  });
  after(() => rm(folder, { recursive: true }));

  for (const shell of Object.keys(STARTS) as Shell[]) {
    it(`completes words in ${shell}`, async function () {
      this.timeout(60_000);
      if (!(await isInstalled(shell))) this.skip();
      const { command, setUp } = STARTS[shell];
      await using terminal = openTerminal(command, { cwd: folder, columns: 120, env });
      terminal.type(`${setUp}\rclear\r`);
      await promptOf(terminal);
      for (const [typed, completed] of Object.entries(COMPLETIONS)) {
        terminal.type(`${typed}\t`);
        await terminal.waitForScreen((lines) => lines.some((line) => line === `> ${completed}`), LIMIT_MS);
        terminal.type(CLEAR_LINE);
        await promptOf(terminal);
      }
    });
  }

  it('shows in bash what there is to choose from, and completes names of the cluster', async () => {
    const { command, setUp } = STARTS.bash;
    await using terminal = openTerminal(command, { cwd: folder, columns: 120, env });
    terminal.type(`${setUp}\rclear\r`);
    await promptOf(terminal);
    terminal.type('jobflow graph -o \t\t');
    await terminal.waitForScreen(
      (lines) => lines.some((line) => /^dot +mermaid +svg +text$/.test(line)),
      LIMIT_MS,
    );
    terminal.type(`${CLEAR_LINE}jobflow lint -n ${namespace.slice(0, -1)}\t`);
    await terminal.waitForScreen((lines) => lines.at(-1) === `> jobflow lint -n ${namespace}`, LIMIT_MS);
    terminal.type(`${CLEAR_LINE}jobflow why -n ${namespace} job/lo\t`);
    await terminal.waitForScreen(
      (lines) => lines.at(-1) === `> jobflow why -n ${namespace} job/load`,
      LIMIT_MS,
    );
  });

  it('completes kubectl jobflow by kubectl itself', async () => {
    const { stdout } = await runCommand('kubectl', ['kubectl', '__complete', 'jobflow', 'graph', '-o', 's'], {
      env,
    });
    expect(stdout).to.equal('svg\n:4\n');
  });

  it('knows names of Jobs, of namespaces and of contexts', async () => {
    const ask = (of: WantedNames['of']) =>
      askNames({
        of,
        prefix: '',
        before: '',
        options: new Map([
          ['--kubeconfig', cluster.kubeconfigPath],
          ['--namespace', namespace],
        ]),
      });
    // Without jobflow's resources in the cluster, there are no names of them.
    expect(await ask(['jobs', 'daemonjobs'])).to.deep.equal(['load']);
    expect(await ask(['namespaces'])).to.include(namespace);
    expect(await ask('contexts')).to.have.length(1);
  });

  it('offers nothing, and soon, where the cluster cannot be asked', async () => {
    const kubeconfig = join(folder, 'hangs');
    await writeFile(
      kubeconfig,
      `current-context: c
contexts: [{ name: c, context: { cluster: c, user: u } }]
clusters: [{ name: c, cluster: { server: 'https://127.0.0.1:1' } }]
users: [{ name: u, user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: sleep, args: ['60'], interactiveMode: Never } } }]
`,
    );
    const started = performance.now();
    const { stdout, stderr } = await runCommand('jobflow', ['jobflow', '__complete', 'lint', '-n', ''], {
      env: { ...env, KUBECONFIG: kubeconfig },
    });
    expect({ stdout, stderr }).to.deep.equal({ stdout: ':4\n', stderr: '' });
    expect(performance.now() - started).to.be.below(10_000);
  });
});

async function isInstalled(program: string): Promise<boolean> {
  const { code } = await runCommand('which', ['which', program], { allowFailure: true });
  return code === 0;
}

function promptOf(terminal: PseudoTerminal): Promise<string[]> {
  return terminal.waitForScreen((lines) => lines.length === 1 && lines[0] === '>', LIMIT_MS);
}

function jobSpec() {
  return {
    template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1.36' }] } },
  };
}
