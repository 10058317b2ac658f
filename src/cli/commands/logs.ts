import { Command, InvalidArgumentError, Option } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster } from '../cluster/session.ts';
import { showLogs } from '../logs/show-logs.ts';
import { readDuration } from '../options/read-duration.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface LogsOptions extends ClusterOptions {
  readonly follow: boolean;
  readonly failed: boolean;
  readonly container?: string;
  readonly previous: boolean;
  readonly tail?: number;
  readonly since?: string;
  readonly timestamps: boolean;
  readonly prefix: 'true' | 'false';
}

const EXAMPLES = `
Writes the logs of all pods of a Job, of a JobFlow or of a DaemonJob, in the order in which the Jobs have started, those
of init containers too. A log that cannot be had is told on the standard error, and does not end the rest.

Examples:
  jobflow logs load
  jobflow logs etl -f
  jobflow logs jobflow/etl --failed --tail=20 -n shop
  jobflow logs daemonjob/tidy --since=10m --timestamps
  jobflow logs load --prefix=false > load.log`;

/** `jobflow logs`: writes the logs of Jobs. */
export function logsCommand(terminal: Terminal): Command {
  const command = new Command('logs')
    .summary('show the logs of Jobs, and follow them')
    .description('Shows the logs of all pods of Jobs, JobFlows and DaemonJobs.')
    .argument('<JOB|FLOW|DAEMONJOB...>', 'NAME, job/NAME, jobflow/NAME or daemonjob/NAME')
    .option(
      '-f, --follow',
      'go on with what is written, and with pods that come, until all have ended',
      false,
    )
    .option('--failed', 'only of Jobs that have failed', false)
    .option('-c, --container <NAME>', 'only of containers of this name')
    .option('-p, --previous', 'of the run of each container before its restart', false)
    .option('--tail <LINES>', 'only the last lines of each container', readCount)
    .option('--since <DURATION>', 'only what is not older, such as 90s, 10m or 2h')
    .option('--timestamps', 'begin each line with its time', false)
    .addOption(
      new Option('--prefix <BOOL>', 'begin each line with its Job, pod and container')
        .choices(['true', 'false'])
        .default('true'),
    );
  return withClusterOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (words: string[], options: LogsOptions) =>
      withCluster(terminal, options, (session) => {
        const { follow, failed, container, previous, tail, since, timestamps, prefix } = options;
        return showLogs(session, terminal, {
          words,
          follow,
          failed,
          container,
          previous,
          tailLines: tail,
          sinceMs: readDuration('--since', since),
          timestamps,
          prefix: prefix === 'true',
        });
      }),
    );
}

/** @returns undefined for -1, which stands for all of them, as in kubectl */
function readCount(text: string): number | undefined {
  const count = Number(text);
  if (!/^(-1|\d{1,9})$/.test(text)) throw new InvalidArgumentError('write a number of lines, such as 20.');
  return count === -1 ? undefined : count;
}
