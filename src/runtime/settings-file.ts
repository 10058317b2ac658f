import { parseDocument } from 'yaml';
import type { Setting } from './settings.ts';

/** What a file of settings states, each as a flag would. */
export interface StatedSettings {
  /** By flag. */
  readonly values: ReadonlyMap<string, string>;
  /** A sentence each. */
  readonly problems: readonly string[];
}

/** The name of a setting in a file: `logLevel` for `--log-level`. */
export function fileKey(flag: string): string {
  return flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * Reads a file of settings: YAML, or JSON, an object with the names of the flags in camelCase. What is given as a list
 * there has commas in a flag.
 *
 * @param file its name, for the sentences
 * @param text its content; empty states nothing
 * @param table every setting of the program
 */
export function readSettingsFile(
  file: string,
  text: string,
  table: Readonly<Record<string, Setting<unknown>>>,
): StatedSettings {
  let stated: unknown;
  try {
    stated = readYaml(text);
  } catch (error) {
    return nothing(`${file}: is no YAML: ${firstLine(error)}; mend it.`);
  }
  if (stated === null || stated === undefined) return { values: new Map(), problems: [] };
  if (typeof stated !== 'object' || Array.isArray(stated)) {
    return nothing(`${file}: is no object; give a line such as "logLevel: debug" for each setting.`);
  }
  // A file that names another is one too many.
  const flags = new Map(
    Object.values(table)
      .filter(({ flag }) => flag !== CONFIG_FLAG)
      .map(({ flag }) => [fileKey(flag), flag]),
  );
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [key, value] of Object.entries(stated as Record<string, unknown>)) {
    const flag = flags.get(key);
    const given = textOf(value);
    if (flag === undefined) {
      const known = [...flags.keys()].join(', ');
      problems.push(`${file}: ${key}: there is no such setting; give one of ${known}.`);
    } else if (given === undefined) {
      problems.push(
        `${file}: ${key}: ${JSON.stringify(value)} is not allowed; give a text, a number or a list of texts.`,
      );
    } else if (given !== '') values.set(flag, given);
  }
  return { values, problems };
}

/** The flag that names the file. */
export const CONFIG_FLAG = 'config';

/** @throws Error if it is no YAML, or refers to what is not there */
function readYaml(text: string): unknown {
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw error;
  return document.toJS();
}

function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return line;
}

function nothing(problem: string): StatedSettings {
  return { values: new Map(), problems: [problem] };
}

/** As it would be written in a flag; empty if it is not given; undefined if it cannot be. */
function textOf(value: unknown): string | undefined {
  if (value === null) return '';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  if (!Array.isArray(value)) return undefined;
  const texts = value.map((one: unknown) => (typeof one === 'string' ? one : undefined));
  return texts.every((one) => one !== undefined) ? texts.join(',') : undefined;
}
