import { Command, Option } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { showTree, type TreeRequest } from '../tree/show-tree.ts';

const EXAMPLES = `
Goes up to the topmost owner, and shows it with all that it owns, down to the pods: their states in the words of
kubectl get pods, how often they were restarted, where they run, and why one failed or does not start.

Where several kinds bear a name, write KIND/NAME: job/etl, jobflow/etl, daemonjob/etl, cronjob/etl, pod/etl.

Examples:
  jobflow tree etl
  jobflow tree cronjob/nightly -n shop
  jobflow tree etl -o json | jq '.. | objects | select(.kind == "pod" and .restarts > 0) | .name'`;

/** `jobflow tree`: shows owners, Jobs and pods. */
export function treeCommand(terminal: Terminal): Command {
  const command = new Command('tree')
    .summary('show owner, Jobs and pods, with states')
    .description('Shows the tree that an object is in: owner, Jobs and pods, with states.')
    .argument('<JOB|FLOW|CRONJOB|DAEMONJOB>', 'what to show, with its kind where the name is not enough')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the output').choices(['tree', 'json']).default('tree'),
    );
  return withClusterOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (word: string, options: ClusterOptions & Pick<TreeRequest, 'output'>) => {
      await withCluster(terminal, options, async (session) => {
        await showTree(session, { word, output: options.output }, terminal);
      });
    });
}
