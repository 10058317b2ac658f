import { Command, Option } from 'commander';
import { VERSION } from '../../runtime/version.ts';
import type { Terminal } from '../terminal.ts';

/** `jobflow version`: which version this program is. */
export function versionCommand(terminal: Terminal): Command {
  return new Command('version')
    .summary('say which version this program is')
    .description('Says which version this program is.')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the output').choices(['text', 'json']).default('text'),
    )
    .action(({ output }: { output: 'text' | 'json' }) => {
      const about = { version: VERSION, node: process.versions.node };
      terminal.out(
        output === 'json'
          ? `${JSON.stringify(about)}\n`
          : `jobflow ${about.version} (Node.js ${about.node})\n`,
      );
    });
}
