import { refusal } from '../../api/errors.ts';
import { findingAt, type Findings } from './findings.ts';
import { readYaml, type Located } from './located-yaml.ts';
import { textInside, wholeFile, type SourceText } from './source-text.ts';
import { entriesOf, fieldsOf, joinedField, readText, refuseValue, stated } from './stated-value.ts';
import { TEXT_RULES } from './text-rules.ts';

/** The text that says who waits for whom. */
export const JOBS_FILE = 'jobs.yaml';

/** What follows the name of a Job in the name of its own text. */
export const JOB_FILE_SUFFIX = '.yaml';

/** The option that names the JobFlow. */
export const NAME_OPTION = '--name';

/** A configuration in the older form, taken apart but not yet read. */
export interface PipelineTexts {
  /** The name of the ConfigMap; undefined if it has none. */
  readonly name: string | undefined;
  /** Where a name could be stated, in a sentence. */
  readonly nameField: string;
  readonly jobs: SourceText;
  /** What each Job runs, by `NAME.yaml`. */
  readonly work: ReadonlyMap<string, SourceText>;
  /** How the text of a Job that is missing is named in a sentence. */
  readonly fieldOf: (key: string) => string;
}

/**
 * Takes a file in the form of a ConfigMap apart.
 *
 * @param source the file: YAML or JSON
 * @param findings takes what is wrong with it
 * @returns undefined if anything is wrong
 */
export function textsOfConfigMap(source: SourceText, findings: Findings): PipelineTexts | undefined {
  const documents = readYaml(source, findings);
  if (findings.problems.length > 0) return undefined;
  const found = documents.filter(holdsPipeline);
  const [document] = found;
  if (document === undefined) {
    const field = `data["${JOBS_FILE}"]`;
    const mend = 'the Jobs and what each depends on there, in a file of the form of a ConfigMap';
    findings.problems.push(
      findingAt(source, documents[0]?.position, refusal('FieldMissing', { field, mend }).message),
    );
    return undefined;
  }
  if (found.length > 1) {
    const message = `data["${JOBS_FILE}"]: is in ${found.length} documents of this file; import one of them at a time.`;
    findings.problems.push(findingAt(source, found[1]?.position, message));
    return undefined;
  }
  for (const other of documents) {
    if (other === document) continue;
    const message = 'this document of the file is left out, because it holds no pipeline; apply it as it is.';
    findings.warnings.push(findingAt(source, other.position, message));
  }
  return textsOf(document, source, findings);
}

/**
 * Takes a folder apart, as a ConfigMap is mounted in a pod: a file for each of its keys.
 *
 * @param folder its name, for the sentences
 * @param files the content of each file by its name
 * @returns undefined if `jobs.yaml` is not there, which is refused
 */
export function textsOfFolder(
  folder: string,
  files: ReadonlyMap<string, string>,
  findings: Findings,
): PipelineTexts | undefined {
  const sources = new Map([...files].map(([name, text]) => [name, wholeFile(`${folder}/${name}`, text)]));
  const jobs = sources.get(JOBS_FILE);
  if (jobs === undefined) {
    const mend = 'the Jobs and what each depends on there';
    const { message } = refusal('FieldMissing', { field: JOBS_FILE, mend });
    findings.problems.push({ file: folder, position: undefined, message });
    return undefined;
  }
  sources.delete(JOBS_FILE);
  return {
    name: undefined,
    nameField: NAME_OPTION,
    jobs,
    work: sources,
    fieldOf: (key) => `${folder}/${key}`,
  };
}

function textsOf(document: Located, source: SourceText, findings: Findings): PipelineTexts | undefined {
  const before = findings.problems.length;
  const known = ['apiVersion', 'kind', 'metadata', 'data'] as const;
  const { kind, metadata, data } = fieldsOf(stated(source, document), known, findings);
  readText(kind, { isValid: (text) => text === 'ConfigMap', allowed: '"ConfigMap"' }, findings);
  const name = entriesOf(metadata, findings).find((field) => field.name === 'name')?.at;
  const configMap = readText(name, TEXT_RULES.notEmpty, findings);
  const texts = new Map<string, SourceText>();
  for (const { name: key, at } of entriesOf(data, findings)) {
    const { value, field } = at;
    if (value.kind === 'scalar') {
      // A key without a value is an empty text.
      texts.set(key, textInside(source, field, { ...value, text: value.value === null ? '' : value.text }));
    } else {
      const what = value.kind === 'map' ? 'an object' : 'a list';
      refuseValue(at, `${field}: is ${what}; write it as a text, with "|" after "${key}:".`, findings);
    }
  }
  const jobs = texts.get(JOBS_FILE);
  texts.delete(JOBS_FILE);
  if (jobs === undefined || findings.problems.length > before) return undefined;
  return {
    name: configMap,
    nameField: `metadata.name (or ${NAME_OPTION})`,
    jobs,
    work: texts,
    fieldOf: (key) => joinedField('data', key),
  };
}

function holdsPipeline(document: Located): boolean {
  const data = document.kind === 'map' ? document.fields.get('data')?.value : undefined;
  return data?.kind === 'map' && data.fields.has(JOBS_FILE);
}
