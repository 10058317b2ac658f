import { Command, Option } from 'commander';
import {
  withAllNamespacesOption,
  withClusterOptions,
  type ClusterOptions,
} from '../cluster/cluster-options.ts';
import { CommandError } from '../cluster/command-error.ts';
import { withCluster } from '../cluster/session.ts';
import type { DependencyGraph } from '../graph/dependency-graph.ts';
import { drawDot } from '../graph/draw-dot.ts';
import { drawMermaid } from '../graph/draw-mermaid.ts';
import { drawSvg } from '../graph/draw-svg.ts';
import { drawText } from '../graph/draw-text.ts';
import { graphsOfManifests } from '../graph/graph-of-manifests.ts';
import { readFlowGraph, readGraphs } from '../graph/read-graphs.ts';
import { readFiles } from '../lint/read-files.ts';
import { findingLines } from '../lint/report-text.ts';
import { readInputs } from '../manifests/read-inputs.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { parseKindAndName } from '../view/kind-words.ts';

type Form = 'text' | 'mermaid' | 'dot' | 'svg';

interface GraphOptions extends ClusterOptions {
  readonly filename?: readonly string[];
  readonly recursive: boolean;
  readonly allNamespaces: boolean;
  readonly output: Form;
}

const EXAMPLES = `
Without -f it shows what is in the cluster, and where it stands: a JobFlow with all that its Jobs wait for, or all of the
namespace that jobflow has to do with. With -f it shows the Jobs, the Jobs of CronJobs, the entries of JobFlows and the
DaemonJobs of files, and needs no cluster.

Examples:
  jobflow graph
  jobflow graph etl -n shop
  jobflow graph etl -o svg > etl.svg
  jobflow graph -f nightly.yaml
  jobflow graph -f nightly.yaml -o mermaid > nightly.mmd
  jobflow graph -f flows/ -o dot | dot -Tpng > flows.png`;

/** `jobflow graph`: shows what waits for what. */
export function graphCommand(terminal: Terminal): Command {
  const command = new Command('graph')
    .summary('show what waits for what, in a cluster or in manifests')
    .description('Shows what waits for what: as a table in steps, as a drawing, for Mermaid or for Graphviz.')
    .argument('[FLOW]', 'a JobFlow of the cluster')
    .option(
      '-f, --filename <FILE...>',
      'files, folders, or - for the standard input, in place of the cluster',
    )
    .option('-R, --recursive', 'read folders within folders too', false)
    .addOption(
      new Option('-o, --output <FORM>', 'form of the graph')
        .choices(['text', 'mermaid', 'dot', 'svg'])
        .default('text'),
    );
  return withAllNamespacesOption(withClusterOptions(command))
    .addHelpText('after', EXAMPLES)
    .action(async (flow: string | undefined, options: GraphOptions) => {
      const { filename, allNamespaces } = options;
      if (filename !== undefined && (flow !== undefined || allNamespaces))
        command.error(
          `error: ${flow === undefined ? '-A' : 'FLOW'} is for a cluster, and -f for files; leave one out`,
        );
      if (flow !== undefined && allNamespaces)
        command.error('error: FLOW is in one namespace, and -A stands for all; leave one out');
      if (filename === undefined) await drawCluster(flow, options, terminal);
      else await drawFiles(filename, options, terminal);
    });
}

async function drawCluster(
  flow: string | undefined,
  options: GraphOptions,
  terminal: Terminal,
): Promise<void> {
  await withCluster(terminal, options, async (session) => {
    const named = flow === undefined ? undefined : parseKindAndName(flow, ['jobflow']);
    if (flow !== undefined && named === undefined)
      throw new CommandError(`"${flow}" names no JobFlow; write NAME or jobflow/NAME.`, EXIT_CODES.usage);
    const { graphs, unread } =
      named === undefined ? await readGraphs(session, options) : await readFlowGraph(session, named.name);
    for (const { because, sentence } of unread) if (because === 'forbidden') terminal.err(`${sentence}\n`);
    if (graphs.length > 0) terminal.out(draw(graphs, options.output, terminal));
    else {
      const where = options.allNamespaces ? 'any namespace' : `namespace "${session.namespace}"`;
      terminal.err(`There is no annotated Job, JobFlow or DaemonJob in ${where}.\n`);
    }
  });
}

async function drawFiles(
  files: readonly string[],
  { namespace = 'default', recursive, output }: GraphOptions,
  terminal: Terminal,
): Promise<void> {
  const inputs = await readInputs(files, { readInput: terminal.readInput, recursive });
  const { manifests, findings } = readFiles(inputs);
  const drawn = graphsOfManifests(manifests, namespace);
  terminal.out(draw(drawn.graphs, output, terminal));
  const wrong = [...findings, ...drawn.findings];
  terminal.err(findingLines(wrong, terminal));
  if (drawn.graphs.length === 0)
    terminal.err('There is no Job, CronJob, JobFlow or DaemonJob in what was read.\n');
  terminal.end(wrong.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok);
}

function draw(graphs: readonly DependencyGraph[], form: Form, terminal: Terminal): string {
  switch (form) {
    case 'text':
      return drawText(graphs, terminal);
    case 'mermaid':
      return drawMermaid(graphs);
    case 'dot':
      return drawDot(graphs);
    case 'svg':
      return drawSvg(graphs);
  }
}
