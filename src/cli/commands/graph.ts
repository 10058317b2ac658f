import { Command, Option } from 'commander';
import { dependencyGraphs, type DependencyGraph } from '../graph/dependency-graph.ts';
import { drawDot } from '../graph/draw-dot.ts';
import { drawMermaid } from '../graph/draw-mermaid.ts';
import { drawSvg } from '../graph/draw-svg.ts';
import { drawText } from '../graph/draw-text.ts';
import { readFiles } from '../lint/read-files.ts';
import { findingLines } from '../lint/report-text.ts';
import { readInputs } from '../manifests/read-inputs.ts';
import { EXIT_CODES, type Terminal } from '../terminal.ts';

type Form = 'text' | 'mermaid' | 'dot' | 'svg';

interface GraphOptions {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  readonly namespace: string;
  readonly output: Form;
}

const EXAMPLES = `
Shows Jobs, the Jobs of CronJobs, the entries of JobFlows, and DaemonJobs. Needs no cluster.

Examples:
  jobflow graph -f nightly.yaml
  jobflow graph -f nightly.yaml -o mermaid > nightly.mmd
  jobflow graph -f flows/ -o svg > flows.svg
  jobflow graph -f flows/ -o dot | dot -Tpng > flows.png`;

/** `jobflow graph`: shows what waits for what. */
export function graphCommand(terminal: Terminal): Command {
  return new Command('graph')
    .summary('show what waits for what in manifests, without a cluster')
    .description('Shows what waits for what: as a table in steps, as a drawing, for Mermaid or for Graphviz.')
    .requiredOption('-f, --filename <FILE...>', 'files, folders, or - for the standard input')
    .option('-R, --recursive', 'read folders within folders too', false)
    .option('-n, --namespace <NAME>', 'namespace of objects that state none', 'default')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the graph')
        .choices(['text', 'mermaid', 'dot', 'svg'])
        .default('text'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (options: GraphOptions) => {
      const inputs = await readInputs(options.filename, {
        readInput: terminal.readInput,
        recursive: options.recursive,
      });
      const { manifests, findings } = readFiles(inputs);
      const drawn = dependencyGraphs(manifests, options.namespace);
      terminal.out(draw(drawn.graphs, options.output, terminal));
      const wrong = [...findings, ...drawn.findings];
      terminal.err(findingLines(wrong, terminal));
      if (drawn.graphs.length === 0)
        terminal.err('There is no Job, CronJob, JobFlow or DaemonJob in what was read.\n');
      terminal.end(wrong.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok);
    });
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
