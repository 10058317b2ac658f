import { Command, Option } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { assertNamespace } from '../cluster/read-objects.ts';
import { withCluster } from '../cluster/session.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { gatherSeen } from '../doctor/gather.ts';
import { summaryLine, textReport } from '../doctor/report.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';

interface DoctorOptions extends ClusterOptions {
  readonly allNamespaces: boolean;
  readonly output: 'text' | 'json';
}

const EXAMPLES = `
Looks at Kubernetes, jobflow's own resources, the controller, the webhook and its certificate, the policy, the
Deployments, versions, what an uninstallation has left, and at your rights in the namespace. Writes nothing: Jobs are asked for
as dry runs. What you may not read is said, and is no failure; an administrator sees more.

Examples:
  jobflow doctor
  jobflow doctor -n shop
  jobflow doctor -A -o json`;

/** `jobflow doctor`: checks an installation, with what to do about each fault. */
export function doctorCommand(terminal: Terminal): Command {
  return withClusterOptions(
    new Command('doctor')
      .option('-A, --all-namespaces', 'look for Jobs that cannot be deleted in all namespaces', false)
      .addOption(
        new Option('-o, --output <FORM>', 'form of the report').choices(['text', 'json']).default('text'),
      ),
  )
    .summary('check how jobflow is installed')
    .description('Checks how jobflow is installed, and says what to do about each fault.')
    .addHelpText('after', EXAMPLES)
    .action(async ({ allNamespaces, output, ...options }: DoctorOptions) =>
      withCluster(terminal, options, async (session) => {
        await assertNamespace(session.connection, session.namespace);
        const findings = diagnose(await gatherSeen(session, allNamespaces));
        if (output === 'json') terminal.out(`${JSON.stringify({ findings }, undefined, 2)}\n`);
        else {
          terminal.out(textReport(findings, terminal));
          terminal.err(summaryLine(findings));
        }
        const isWrong = findings.some(({ level }) => level === 'wrong');
        terminal.end(isWrong ? EXIT_CODES.failed : EXIT_CODES.ok);
      }),
    );
}
