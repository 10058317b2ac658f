import { Command, Option } from 'commander';
import { basename } from 'node:path';
import { formatFinding, type Finding } from '../import/findings.ts';
import {
  importPipeline,
  importPipelineFolder,
  type ImportedPipeline,
  type ImportOptions,
} from '../import/import-pipeline.ts';
import { readInputs, type Input } from '../manifests/read-inputs.ts';
import { formatObjects } from '../manifests/write-objects.ts';
import { EXIT_CODES, type ExitCode, type Terminal } from '../terminal/terminal.ts';

interface ImportCommandOptions {
  readonly as: 'jobs' | 'flow';
  readonly name?: string;
  readonly namespace?: string;
  readonly output: 'yaml' | 'json';
}

const EXAMPLES = `
The configuration is a file of the form of a ConfigMap: data["jobs.yaml"] says which Job waits for which, and
data["NAME.yaml"] what each runs. A folder holds the same as files, as the ConfigMap is mounted in a pod. Needs no cluster.

Examples:
  jobflow import jobpipline.yaml > jobs.yaml
  jobflow import jobpipline.yaml --as flow | kubectl apply -f -
  kubectl get configmap nightly -o yaml | jobflow import -`;

/** `jobflow import`: turns the older pipeline configuration into annotated Jobs or a JobFlow. */
export function importCommand(terminal: Terminal): Command {
  return new Command('import')
    .summary('turn the older pipeline configuration into Jobs')
    .description('Turns the older pipeline configuration into annotated Jobs, or into a JobFlow.')
    .argument('<FILE|FOLDER|->', 'the configuration: a file, a folder, or - for the standard input')
    .addOption(
      new Option('--as <KIND>', 'what to make of it: annotated Jobs, or one JobFlow')
        .choices(['jobs', 'flow'])
        .default('jobs'),
    )
    .option('--name <NAME>', 'name of the JobFlow (default: that of the ConfigMap)')
    .option('-n, --namespace <NAME>', 'namespace of what is made (default: what the configuration states)')
    .addOption(
      new Option('-o, --output <FORM>', 'form of the output').choices(['yaml', 'json']).default('yaml'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, { output, ...options }: ImportCommandOptions) => {
      const inputs = await readInputs([path], { readInput: terminal.readInput, recursive: false });
      const result = importInputs(path, inputs, options);
      tell(result.warnings, 'warning', terminal);
      if (result.ok) terminal.out(output === 'yaml' ? result.yaml : formatObjects(result.objects, 'json'));
      else tell(result.problems, 'error', terminal);
      terminal.end(exitCodeOf(result));
    });
}

function exitCodeOf(result: ImportedPipeline): ExitCode {
  if (result.ok) return EXIT_CODES.ok;
  return result.problems.some(({ ofOption }) => ofOption) ? EXIT_CODES.usage : EXIT_CODES.failed;
}

function importInputs(
  path: string,
  inputs: readonly Input[],
  options: Omit<ImportOptions, 'file'>,
): ImportedPipeline {
  const problems = inputs.flatMap((input): Finding[] =>
    input.ok ? [] : [{ file: input.file, position: undefined, message: `${input.problem}.` }],
  );
  if (problems.length > 0) return { ok: false, problems, warnings: [] };
  const read = inputs.flatMap((input) => (input.ok ? [input] : []));
  const [only] = read;
  // Of a folder, the files in it are read.
  if (only !== undefined && read.length === 1 && (path === '-' || only.file === path)) {
    return importPipeline(only.text, { ...options, file: only.file });
  }
  const files = new Map(read.map(({ file, text }) => [basename(file), text]));
  return importPipelineFolder(files, { ...options, file: path });
}

function tell(findings: readonly Finding[], severity: 'error' | 'warning', terminal: Terminal): void {
  terminal.err(findings.map((finding) => `${formatFinding(finding, severity)}\n`).join(''));
}
