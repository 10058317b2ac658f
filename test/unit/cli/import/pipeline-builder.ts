import { formatFinding } from '../../../../src/cli/import/findings.ts';
import {
  importPipeline,
  type ImportedPipeline,
  type ImportOptions,
} from '../../../../src/cli/import/import-pipeline.ts';

/** The text of a pipeline in the older form: `jobs.yaml`, and what each Job runs. */
export function configMap(jobs: string, work: Readonly<Record<string, string>>, name = 'nightly'): string {
  const block = (key: string, text: string) =>
    `  ${key}: |\n${text
      .trimEnd()
      .split('\n')
      .map((line) => `    ${line}\n`)
      .join('')}`;
  const texts = Object.entries(work).map(([job, text]) => block(`${job}.yaml`, text));
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n${block('jobs.yaml', jobs)}${texts.join('')}`;
}

/** A pipeline whose Jobs only have dependencies: `{ load: 'extract' }`. */
export function graph(edges: Readonly<Record<string, string>>, settings = 'image: busybox:1.36'): string {
  const jobs = Object.entries(edges).map(
    ([name, upstreams]) =>
      `  ${name}:\n    depends_on: [${upstreams.split(' ').filter(Boolean).join(', ')}]\n`,
  );
  const work = Object.keys(edges).map((name) => [name, 'command: ["true"]']);
  return configMap(
    `${settings}\njobs:\n${jobs.join('')}`,
    Object.fromEntries(work) as Record<string, string>,
  );
}

/** Imports a text as annotated Jobs unless stated. */
export function importText(text: string, options: Partial<ImportOptions> = {}): ImportedPipeline {
  return importPipeline(text, { file: 'jobpipline.yaml', as: 'jobs', ...options });
}

/** An import that has to succeed. */
export function succeeded(result: ImportedPipeline): ImportedPipeline & { ok: true } {
  if (!result.ok) throw new Error(problemsOf(result).join('\n'));
  return result;
}

/** What is wrong, line by line. */
export function problemsOf(result: ImportedPipeline): string[] {
  return result.ok ? [] : result.problems.map((problem) => formatFinding(problem, 'error'));
}

/** What was warned of, line by line. */
export function warningsOf({ warnings }: ImportedPipeline): string[] {
  return warnings.map((warning) => formatFinding(warning, 'warning'));
}
