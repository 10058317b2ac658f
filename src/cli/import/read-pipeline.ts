import { refusal } from '../../api/errors.ts';
import { isDnsLabel } from '../../core/admission/flow/name-rules.ts';
import { findingAt, type Findings } from './findings.ts';
import { readYaml, type Located } from './located-yaml.ts';
import { orderJobs } from './order-jobs.ts';
import type { JobWork, ListedJob, Pipeline, PipelineSettings } from './pipeline.ts';
import { JOB_FILE_SUFFIX, type PipelineTexts } from './pipeline-texts.ts';
import { readJobWork } from './read-job-work.ts';
import { readSettings } from './read-settings.ts';
import type { SourceText } from './source-text.ts';
import { joinedField, refuseMissing, refuseValue, stated, type StatedValue } from './stated-value.ts';
import { TEXT_RULES } from './text-rules.ts';

/**
 * Reads and checks a configuration in the older form.
 *
 * @param texts the configuration, taken apart
 * @param jobNameOf the name that the Job of an entry will have in the cluster
 * @param findings takes what is wrong with it, and what the person should know
 * @returns undefined if anything is wrong
 */
export function readPipeline(
  texts: PipelineTexts,
  jobNameOf: (name: string) => string,
  findings: Findings,
): Pipeline | undefined {
  const whole = readWhole(texts.jobs, findings);
  if (whole === undefined) return undefined;
  const { settings, listed } = readSettings(whole, findings);
  const work = new Map<string, JobWork>();
  for (const job of listed) {
    const read = readWork(job, texts, settings, findings);
    if (read !== undefined) work.set(job.name, read);
    refuseLongIndex(job, jobNameOf(job.name), settings, findings);
  }
  warnOfUnlisted(texts, listed, findings);
  const ordered = orderJobs(listed, findings);
  if (findings.problems.length > 0) return undefined;
  return {
    ...settings,
    name: texts.name,
    jobs: ordered.map(({ name, dependsOn }) => ({
      ...(work.get(name) ?? NOTHING),
      name,
      dependsOn: dependsOn.map((upstream) => upstream.name),
    })),
  };
}

const NOTHING: JobWork = {
  command: [],
  image: undefined,
  resources: undefined,
  volumes: [],
  volumeMounts: [],
};

/** The one document of a text; an empty text is an empty object. */
function readWhole(source: SourceText, findings: Findings): StatedValue | undefined {
  const before = findings.problems.length;
  const [document = emptyMap(source), second] = readYaml(source, findings);
  if (findings.problems.length > before) return undefined;
  if (second === undefined) return stated(source, document);
  const subject = source.field === '' ? 'the file' : source.field;
  findings.problems.push(
    findingAt(
      source,
      second.position,
      `${subject}: has a second document; remove it, or the line "---" before it.`,
    ),
  );
  return undefined;
}

function emptyMap(source: SourceText): Located {
  return { kind: 'map', position: source.positionOf({ line: 1, column: 1 }), fields: new Map() };
}

function readWork(
  job: ListedJob,
  { work, fieldOf }: PipelineTexts,
  { image }: PipelineSettings,
  findings: Findings,
): JobWork | undefined {
  const key = `${job.name}${JOB_FILE_SUFFIX}`;
  const source = work.get(key);
  if (source === undefined) {
    refuseMissing(job.at, fieldOf(key), `what Job "${job.name}" runs there: command, image`, findings);
    return undefined;
  }
  const whole = readWhole(source, findings);
  if (whole === undefined) return undefined;
  const before = findings.problems.length;
  const read = readJobWork(whole, findings);
  if (read.image === undefined && image === undefined && findings.problems.length === before) {
    refuseMissing(
      whole,
      joinedField(whole.field, 'image'),
      `${TEXT_RULES.image.allowed}, here or for all Jobs in jobs.yaml`,
      findings,
    );
  }
  return read;
}

/**
 * The pods of an Indexed Job are called after it and their index, as a DNS label (pkg/apis/batch/validation,
 * ValidateJob).
 */
function refuseLongIndex(
  { name, at }: ListedJob,
  jobName: string,
  { completionMode, completions }: PipelineSettings,
  findings: Findings,
): void {
  if (completionMode !== 'Indexed' || !TEXT_RULES.job.isValid(name)) return;
  const host = `${jobName}-${(completions ?? 1) - 1}`;
  if (isDnsLabel(host)) return;
  const allowed = 'a shorter name without ".", because the last pod of this Indexed Job would be called so';
  refuseValue(at, refusal('FieldNotAllowed', { field: at.field, value: host, allowed }).message, findings);
}

function warnOfUnlisted(
  { work, fieldOf }: PipelineTexts,
  listed: readonly ListedJob[],
  findings: Findings,
): void {
  const known = new Set(listed.map(({ name }) => `${name}${JOB_FILE_SUFFIX}`));
  for (const [key, source] of work) {
    if (known.has(key)) continue;
    const message = `${fieldOf(key)}: is left out, because jobs.yaml lists no such Job; list it under jobs, or remove it.`;
    findings.warnings.push(findingAt(source, source.positionOf({ line: 1, column: 1 }), message));
  }
}
