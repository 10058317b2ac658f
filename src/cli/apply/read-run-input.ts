import { basename, dirname, normalize } from 'node:path';
import { isObject, valueAt } from '../../core/admission/json-tree.ts';
import { formatFinding, type Finding } from '../import/findings.ts';
import {
  importPipeline,
  importPipelineFolder,
  type ImportedPipeline,
  type ImportOptions,
} from '../import/import-pipeline.ts';
import type { PipelineJob } from '../import/pipeline.ts';
import { JOBS_FILE } from '../import/pipeline-texts.ts';
import { lintRead } from '../lint/lint-manifests.ts';
import { readFiles } from '../lint/read-files.ts';
import { findingLines } from '../lint/report-text.ts';
import { parseManifests, type Manifest } from '../manifests/parse-manifests.ts';
import { readInputs, type Input, type InputSource } from '../manifests/read-inputs.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { madeToApply, toApply, type ToApply } from './to-apply.ts';

/** A pipeline in the older form that is to be run. */
export interface RunPipeline {
  /** The file or folder. */
  readonly file: string;
  /** Each after those that it waits for. */
  readonly jobs: readonly PipelineJob[];
  /** Minutes after their end until its Jobs are deleted. */
  readonly cleanupMinutes: number | undefined;
}

/** What there is to run. */
export interface RunInput {
  /** In the order of the files, those of pipelines in their order of execution. */
  readonly objects: readonly ToApply[];
  readonly pipelines: readonly RunPipeline[];
  /** Nothing may be applied: what is wrong has been told. */
  readonly hasErrors: boolean;
}

/** How it is read. */
export interface ReadRunOptions extends InputSource {
  /** What the user stated by -n; the pipelines' Jobs go there. */
  readonly statedNamespace: string | undefined;
  /** Where objects go that state none. */
  readonly namespace: string;
}

/**
 * Reads what is to be run, and checks it: manifests as `lint` does, pipelines as `import` does. What is wrong is told on
 * the standard error.
 *
 * @param paths files, folders, or `-`
 */
export async function readRunInput(
  paths: readonly string[],
  options: ReadRunOptions,
  terminal: Terminal,
): Promise<RunInput> {
  const inputs = await readInputs(paths, options);
  const parts = partsOf(paths, inputs);
  const objects: ToApply[] = [];
  const pipelines: RunPipeline[] = [];
  let hasErrors = false;
  for (const part of parts) {
    if (part.kind === 'manifests') continue;
    const imported = importPart(part, options.statedNamespace);
    const file = part.kind === 'folder' ? part.folder : part.input.file;
    tell(imported.warnings, 'warning', terminal);
    if (imported.ok) {
      const { jobs, cleanupMinutes } = imported.pipeline;
      pipelines.push({ file, jobs, cleanupMinutes });
    } else {
      hasErrors = true;
      tell(imported.problems, 'error', terminal);
    }
    part.made = imported.ok ? imported.objects.map((object) => madeToApply(object as ToApply['object'])) : [];
  }
  const plain = parts.flatMap((part) => (part.kind === 'manifests' ? part.inputs : []));
  const read = readFiles(plain);
  const { findings } = lintRead(read, plain, options.namespace);
  terminal.err(findingLines(findings, terminal));
  if (findings.some(({ severity }) => severity === 'error')) hasErrors = true;
  const manifests = Map.groupBy(read.manifests, (manifest) => fileOf(manifest));
  for (const part of parts) {
    if (part.kind === 'manifests')
      objects.push(...part.inputs.flatMap(({ file }) => (manifests.get(file) ?? []).map(toApply)));
    else objects.push(...part.made);
  }
  return { objects, pipelines, hasErrors };
}

/** Files that belong together: manifests, or a pipeline as one file or as a folder. */
type Part =
  | { readonly kind: 'manifests'; readonly inputs: Input[] }
  | { readonly kind: 'file'; readonly input: Input & { ok: true }; made: ToApply[] }
  | { readonly kind: 'folder'; readonly folder: string; readonly inputs: Input[]; made: ToApply[] };

function partsOf(paths: readonly string[], inputs: readonly Input[]): Part[] {
  const folders = new Map<string, Part & { kind: 'folder' }>();
  const named = new Set(paths.map((path) => normalize(`${path}/.`)));
  for (const input of inputs) {
    const folder = dirname(input.file);
    if (basename(input.file) === JOBS_FILE && named.has(normalize(folder)) && isListOfJobs(input))
      folders.set(folder, { kind: 'folder', folder, inputs: [], made: [] });
  }
  const parts: Part[] = [...folders.values()];
  for (const input of inputs) {
    const folder = folders.get(dirname(input.file));
    if (folder !== undefined) folder.inputs.push(input);
    else if (input.ok && isPipelineFile(input)) parts.push({ kind: 'file', input, made: [] });
    else parts.push({ kind: 'manifests', inputs: [input] });
  }
  return parts;
}

/** A file of the form of a ConfigMap that holds a pipeline, as the importer takes it. */
function isPipelineFile({ file, text }: Input & { ok: true }): boolean {
  // Most files are no pipeline, and large: they are not parsed twice.
  if (!text.includes(JOBS_FILE)) return false;
  return parseManifests(file, text).manifests.some(
    ({ kind, object }) =>
      (kind === '' || kind === 'ConfigMap') && typeof valueAt(object, 'data', JOBS_FILE) === 'string',
  );
}

/** `jobs.yaml` of a pipeline, rather than a file of manifests that happens to be called so. */
function isListOfJobs(input: Input): boolean {
  if (!input.ok) return false;
  const [first] = parseManifests(input.file, input.text).manifests;
  return first?.kind === '' && (isObject(first.object.jobs) || Array.isArray(first.object.jobs));
}

function importPart(
  part: Part & { kind: 'file' | 'folder' },
  namespace: string | undefined,
): ImportedPipeline {
  const options = { as: 'jobs', namespace } as const;
  if (part.kind === 'file') {
    const { file, text } = part.input;
    return importPipeline(text, { ...options, file });
  }
  return importFolder(part.folder, part.inputs, options);
}

function importFolder(
  folder: string,
  inputs: readonly Input[],
  options: Omit<ImportOptions, 'file'>,
): ImportedPipeline {
  const problems = inputs.flatMap((input): Finding[] =>
    input.ok ? [] : [{ file: input.file, position: undefined, message: `The file ${input.problem}.` }],
  );
  if (problems.length > 0) return { ok: false, problems, warnings: [] };
  const files = new Map(inputs.flatMap((input) => (input.ok ? [[basename(input.file), input.text]] : [])));
  return importPipelineFolder(files, { ...options, file: folder });
}

function fileOf(manifest: Manifest): string {
  return manifest.placeOf([]).file;
}

function tell(findings: readonly Finding[], severity: 'error' | 'warning', terminal: Terminal): void {
  terminal.err(findings.map((finding) => `${formatFinding(finding, severity)}\n`).join(''));
}
