import { Argument, Command } from 'commander';
import { SHELLS, shellScript, type Shell } from '../completion/shell-scripts.ts';
import type { Terminal } from '../terminal/terminal.ts';

const HELP = `
Of names of Jobs, flows, namespaces and contexts it asks the cluster and the kubeconfig; where they do not answer within a
second, there are none.

Examples:
  source <(jobflow completion bash)     # in ~/.bashrc
  source <(jobflow completion zsh)      # in ~/.zshrc, after compinit
  jobflow completion fish > ~/.config/fish/completions/jobflow.fish

For kubectl jobflow, completion is kubectl's own, which asks the program kubectl_complete-jobflow on the PATH; npm
installs it with jobflow.`;

/** `jobflow completion`: what a shell reads to complete words. */
export function completionCommand(terminal: Terminal): Command {
  return new Command('completion')
    .summary('write the completion script of a shell')
    .description('Writes what a shell reads to complete commands, options, and the names of Jobs and flows.')
    .addArgument(new Argument('<SHELL>', 'the shell').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => {
      terminal.out(shellScript(shell));
    });
}
