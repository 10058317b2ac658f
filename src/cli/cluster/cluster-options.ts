import type { Command } from 'commander';

/** The options that say which cluster and namespace are meant, as kubectl has them. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
}

/** Adds kubectl's options for the cluster and the namespace to a command. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('-n, --namespace <NAME>', 'namespace (default: that of the context)')
    .option('--context <NAME>', 'context of the kubeconfig to use (default: the current one)')
    .option(
      '--kubeconfig <FILE>',
      'kubeconfig file (default: $KUBECONFIG, a pod’s own access, ~/.kube/config)',
    );
}

/** Adds kubectl's option for all namespaces, as {@link withClusterOptions} has added the one for a single one. */
export function withAllNamespacesOption(command: Command): Command {
  return command.option('-A, --all-namespaces', 'all namespaces, whatever -n says', false);
}

/** These options as a user writes them again, with a space before each: ` -n shop --context test`. */
export function writtenOptions({ namespace, context, kubeconfig }: ClusterOptions): string {
  const words = [
    ['-n', namespace],
    ['--context', context],
    ['--kubeconfig', kubeconfig],
  ] as const;
  return words
    .filter(([, value]) => value !== undefined)
    .map(([flag, value = '']) => ` ${flag} ${inShell(value)}`)
    .join('');
}

/** A word as a POSIX shell takes it. */
export function inShell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
