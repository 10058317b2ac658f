import { refusal } from '../../api/errors.ts';
import type { JobObject, JsonObject } from '../../api/job.ts';
import { isLabelValue, isNamespaceName, isResourceName } from '../../api/kubernetes-names.ts';
import { joinedName } from '../../core/flow/joined-name.ts';
import { yamlDocuments } from '../manifests/write-objects.ts';
import { noFindings, type Finding, type Findings } from './findings.ts';
import { judgeFlow, judgeJobs } from './judge-objects.ts';
import { makeFlow, makeJobs } from './make-objects.ts';
import type { Pipeline } from './pipeline.ts';
import { NAME_OPTION, textsOfConfigMap, textsOfFolder, type PipelineTexts } from './pipeline-texts.ts';
import { readPipeline } from './read-pipeline.ts';
import { wholeFile } from './source-text.ts';

/** What to make of a pipeline. */
export interface ImportOptions {
  /** The name of the file or folder, for the sentences. */
  readonly file: string;
  /** Annotated Jobs, or one JobFlow. */
  readonly as: 'jobs' | 'flow';
  /** The name of the JobFlow; undefined: that of the ConfigMap. */
  readonly name?: string | undefined;
  /** The namespace of what is made; undefined: what the configuration states. */
  readonly namespace?: string | undefined;
}

/** What came of an import. */
export type ImportedPipeline =
  | {
      readonly ok: true;
      /** The names of the Jobs as the configuration has them, each after those that it waits for. */
      readonly order: readonly string[];
      /** The objects to apply: the Jobs in that order, or the JobFlow. */
      readonly objects: readonly (JobObject | JsonObject)[];
      /** The same as YAML, a document each. */
      readonly yaml: string;
      /** As it was read. */
      readonly pipeline: Pipeline;
      readonly warnings: readonly Finding[];
    }
  | {
      readonly ok: false;
      /** At least one. */
      readonly problems: readonly Finding[];
      readonly warnings: readonly Finding[];
    };

/**
 * Turns a pipeline in the older form, a file of the form of a ConfigMap with `data["jobs.yaml"]` and one
 * `data["NAME.yaml"]` for each Job, into annotated Jobs or a JobFlow. Pure: asks no cluster.
 *
 * @param text the file: YAML or JSON
 * @param options what to make of it
 */
export function importPipeline(text: string, options: ImportOptions): ImportedPipeline {
  const findings = noFindings();
  return imported(textsOfConfigMap(wholeFile(options.file, text), findings), options, findings);
}

/**
 * As {@link importPipeline}, from a folder with a file for each key of the ConfigMap, as it is mounted in a pod.
 *
 * @param files the content of each file by its name: `jobs.yaml`, `NAME.yaml`
 */
export function importPipelineFolder(
  files: ReadonlyMap<string, string>,
  options: ImportOptions,
): ImportedPipeline {
  const findings = noFindings();
  return imported(textsOfFolder(options.file, files, findings), options, findings);
}

function imported(
  texts: PipelineTexts | undefined,
  options: ImportOptions,
  findings: Findings,
): ImportedPipeline {
  const { problems } = findings;
  const failed = () =>
    ({ ok: false, problems: inOrder(problems), warnings: inOrder(findings.warnings) }) as const;
  const flowName = options.as === 'flow' ? readFlowName(texts, options, findings) : undefined;
  checkNamespace(options, findings);
  const jobNameOf = (name: string) => (flowName === undefined ? name : joinedName(flowName, name));
  const read = texts === undefined ? undefined : readPipeline(texts, jobNameOf, findings);
  if (read === undefined || problems.length > 0) return failed();
  const pipeline = { ...read, namespace: options.namespace ?? read.namespace };
  const namespace = pipeline.namespace ?? '';
  const jobs = flowName === undefined ? makeJobs(pipeline) : [];
  const flow = flowName === undefined ? undefined : makeFlow(pipeline, flowName);
  const refused = flow === undefined ? judgeJobs(jobs, namespace) : judgeFlow(flow, namespace);
  problems.push(...refused.map((message) => ({ file: options.file, position: undefined, message })));
  if (problems.length > 0) return failed();
  const objects = flow === undefined ? jobs : [flow];
  const order = pipeline.jobs.map(({ name }) => name);
  return {
    ok: true,
    order,
    objects,
    yaml: yamlDocuments(objects),
    pipeline,
    warnings: inOrder(findings.warnings),
  };
}

/** File by file as they stand there; what is not there comes first. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted(
    (a, b) =>
      compare(a.file, b.file) ||
      compare(a.position?.line ?? 0, b.position?.line ?? 0) ||
      compare(a.position?.column ?? 0, b.position?.column ?? 0),
  );
}

function compare<T extends string | number>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** The name of a flow is the value of a label on its Jobs, too. */
function readFlowName(
  texts: PipelineTexts | undefined,
  { name, file }: ImportOptions,
  { problems }: Findings,
): string | undefined {
  if (texts === undefined) return undefined;
  const value = name ?? texts.name;
  const field = name === undefined ? texts.nameField : NAME_OPTION;
  const mend = 'the name of the JobFlow: at most 63 lower-case letters, digits and "-" (or ".")';
  if (value === undefined) {
    const { message } = refusal('FieldMissing', { field, mend });
    problems.push({ file, position: undefined, message, ofOption: field === NAME_OPTION });
  } else if (!isResourceName(value) || !isLabelValue(value)) {
    const { message } = refusal('FieldNotAllowed', { field, value, allowed: mend });
    problems.push({ file, position: undefined, message, ofOption: field === NAME_OPTION });
  }
  return value;
}

function checkNamespace({ namespace, file }: ImportOptions, { problems }: Findings): void {
  if (namespace === undefined || isNamespaceName(namespace)) return;
  const allowed = 'the name of a namespace: at most 63 lower-case letters, digits and "-"';
  const { message } = refusal('FieldNotAllowed', { field: '--namespace', value: namespace, allowed });
  problems.push({ file, position: undefined, message, ofOption: true });
}
