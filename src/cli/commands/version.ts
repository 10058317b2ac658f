import { Command, Option } from 'commander';
import { stringify } from 'yaml';
import { VERSION } from '../../runtime/version.ts';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import { findPrograms, readKubernetesVersion, type InstalledProgram } from '../installation/find-versions.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface VersionOptions extends ClusterOptions {
  readonly client: boolean;
  readonly output: 'text' | 'json' | 'yaml';
}

/** What there is to say; undefined where nobody was asked, or may not be. */
interface Versions {
  readonly version: string;
  readonly node: string;
  readonly kubernetes?: string | undefined;
  readonly installed?: readonly InstalledProgram[] | undefined;
}

const EXAMPLES = `
A cluster that cannot be asked is told of, and no failure, unless --context or --kubeconfig names it.

Examples:
  jobflow version
  jobflow version --client -o json`;

/** `jobflow version`: which versions this program, the cluster, and the jobflow in it are. */
export function versionCommand(terminal: Terminal): Command {
  return withClusterOptions(new Command('version').option('--client', 'this program only', false))
    .summary('say which versions this program, the cluster and the jobflow in it are')
    .description('Says which versions this program, the cluster and the jobflow in it are.')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the output')
        .choices(['text', 'json', 'yaml'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async ({ client, output, ...options }: VersionOptions) => {
      let versions: Versions = { version: VERSION, node: process.versions.node };
      if (!client) {
        const isNamed = options.context !== undefined || options.kubeconfig !== undefined;
        const lenient: Terminal = isNamed ? terminal : { ...terminal, end: () => undefined };
        await withCluster(lenient, options, async ({ connection }) => {
          versions = { ...versions, kubernetes: await readKubernetesVersion(connection) };
          const programs = await findPrograms(connection);
          if (programs.kind === 'read') versions = { ...versions, installed: programs.value };
          if (programs.kind === 'forbidden')
            terminal.err(`You may not ${programs.what}, so nothing is said of the jobflow in the cluster.\n`);
        });
      }
      terminal.out(inForm(versions, output));
    });
}

function inForm(versions: Versions, output: VersionOptions['output']): string {
  switch (output) {
    case 'text':
      return asText(versions);
    case 'json':
      return `${JSON.stringify(versions)}\n`;
    case 'yaml':
      return stringify(versions);
  }
}

function asText({ version, node, kubernetes, installed }: Versions): string {
  const lines = [`jobflow ${version} (Node.js ${node})`];
  if (kubernetes !== undefined) lines.push(`Kubernetes ${kubernetes}`);
  if (installed?.length === 0) lines.push('No Deployment of jobflow is in the cluster.');
  for (const { namespace, program, version: label, image } of installed ?? [])
    lines.push(`${program} in ${namespace}: ${label ?? image ?? 'unknown'}`);
  return `${lines.join('\n')}\n`;
}
