import { isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, DocumentOptions, Node, Pair, ParseOptions } from 'yaml';
import type { ScalarTag, SchemaOptions, Tags, ToJSOptions } from 'yaml';
import type { Json, JsonObject } from '../../api/job.ts';
import { isObject } from '../../core/admission/json-tree.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { splitDocuments, type TextPart } from './split-documents.ts';

/** A place in a file; lines and columns count from 1, columns in UTF-16 code units. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The way to a field within an object: names of fields and indexes of lists. */
export type FieldPath = readonly (string | number)[];

/** One object of a file. */
export interface Manifest {
  readonly object: JsonObject;
  /** Empty if it is not stated. */
  readonly apiVersion: string;
  readonly kind: string;
  /** Empty for one that has only a `generateName`, or none at all. */
  readonly name: string;
  /** As stated in the object; undefined if it is left to whoever applies it. */
  readonly namespace: string | undefined;
  /**
   * Where a field is written, or the closest field around it that is written.
   *
   * @param target the value of the field, or its name
   */
  readonly placeOf: (path: FieldPath, target?: 'value' | 'name') => Place;
}

/** What is wrong with a file as YAML. */
export interface SyntaxProblem {
  readonly place: Place;
  /** As a sentence. */
  readonly problem: string;
}

/** What a file holds. */
export interface ParsedFile {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly SyntaxProblem[];
}

/** go-yaml knows the octal numbers of YAML 1.2 too. */
const OCTAL: ScalarTag = {
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^0o[0-7]+$/,
  resolve: (text) => Number(text),
};

/**
 * kubectl reads YAML 1.1, where `yes` and `y` are booleans and `0644` is octal, but takes times and dates as texts
 * (sigs.k8s.io/yaml over go-yaml v2, decode.go: "for backward compatibility reasons").
 */
const YAML_OPTIONS = {
  version: '1.1',
  customTags: (tags) => [OCTAL, ...tags.filter((tag) => typeof tag === 'string' || !isTime(tag))],
  // Told below, with both places: the library compares every name of an object with every other.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const satisfies ParseOptions & DocumentOptions & SchemaOptions;

function isTime(tag: Tags[number] & object): boolean {
  return tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME');
}

/** An object of aliases to aliases would grow beyond all memory. */
const TO_JSON = { maxAliasCount: 1_000 } as const satisfies ToJSOptions;

/**
 * Reads the objects of a file, YAML or JSON, each with the places of its fields; the items of a List are objects like
 * any other. What is broken is told, and the rest is read all the same.
 *
 * @param file its name in messages
 */
export function parseManifests(file: string, text: string): ParsedFile {
  const manifests: Manifest[] = [];
  const problems: SyntaxProblem[] = [];
  const places = new PlacesInParts(file);
  for (const part of splitDocuments(text)) {
    readPart(part).forEach((document, index) => {
      const placeAt = (offset: number) => places.at(part, offset);
      const placeOf: PlaceOf = (path, target) => places.of(part, index, path, target);
      const read = readDocument(document, placeAt, placeOf);
      for (const manifest of read.manifests) manifests.push(manifest);
      for (const problem of read.problems) problems.push(problem);
    });
  }
  return { manifests, problems };
}

function readPart({ text }: TextPart, lineCounter?: LineCounter): readonly Document[] {
  const documents = parseAllDocuments(text, {
    ...YAML_OPTIONS,
    ...(lineCounter === undefined ? {} : { lineCounter }),
  });
  return Array.isArray(documents) ? documents : [];
}

function readDocument(document: Document, placeAt: (offset: number) => Place, placeOf: PlaceOf): ParsedFile {
  const { contents } = document;
  const [broken] = document.errors;
  if (broken !== undefined) {
    const problem = `The YAML is broken: ${sentencePart(broken.message)}.`;
    return { manifests: [], problems: [{ place: placeAt(broken.pos[0]), problem }] };
  }
  if (contents === null || isEmpty(contents)) return { manifests: [], problems: [] };
  const problems = repeatedNames(contents).map(({ name, offset, first }) => ({
    place: placeAt(offset),
    problem: `"${name}" is already there at line ${placeAt(first).line}; keep one of the two.`,
  }));
  const value = jsonOf(document);
  const found = value.ok ? manifestsIn(value.json, [], placeOf) : undefined;
  if (found !== undefined) return { manifests: found, problems };
  const problem = value.ok
    ? 'This is no object of Kubernetes; write apiVersion, kind and metadata.'
    : value.problem;
  return { manifests: [], problems: [...problems, { place: placeAt(startOf(contents)), problem }] };
}

/**
 * Where fields are written. Few are asked for, so that the tree of a part is made again when they are, and only that of
 * the latest part is kept.
 */
class PlacesInParts {
  readonly #file: string;
  #latest: { part: TextPart; documents: readonly Document[]; lines: LineCounter } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** @param offset within the part */
  at(part: TextPart, offset: number): Place {
    const { line, col } = this.#read(part).lines.linePos(offset);
    return { file: this.#file, line: part.linesBefore + Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** @param index of the document within the part */
  of(part: TextPart, index: number, ...[path, target]: Parameters<PlaceOf>): Place {
    const document = this.#read(part).documents[index];
    return this.at(part, document === undefined ? 0 : offsetOf(document, path, target));
  }

  #read(part: TextPart): { documents: readonly Document[]; lines: LineCounter } {
    if (this.#latest?.part !== part) {
      const lines = new LineCounter();
      this.#latest = { part, documents: readPart(part, lines), lines };
    }
    return this.#latest;
  }
}

type PlaceOf = Manifest['placeOf'];

function manifestsIn(value: Json, base: FieldPath, placeOf: PlaceOf): Manifest[] | undefined {
  if (!isObject(value)) return undefined;
  const { items } = value;
  const kind = textAt(value, 'kind');
  if (kind.endsWith('List') && Array.isArray(items)) {
    return items.flatMap((item, index) => manifestsIn(item, [...base, 'items', index], placeOf) ?? []);
  }
  const namespace = textAt(value.metadata, 'namespace');
  return [
    {
      object: value,
      apiVersion: textAt(value, 'apiVersion'),
      kind,
      name: textAt(value.metadata, 'name'),
      namespace: namespace === '' ? undefined : namespace,
      placeOf: (path, target) => placeOf([...base, ...path], target),
    },
  ];
}

function jsonOf(document: Document): { ok: true; json: Json } | { ok: false; problem: string } {
  try {
    return { ok: true, json: document.toJS(TO_JSON) as Json };
  } catch (error) {
    // An alias to nothing, or far too many.
    const reason = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `The YAML is broken: ${sentencePart(reason)}.` };
  }
}

/** A document of comments only, between two separators. */
function isEmpty(contents: Node): boolean {
  return isScalar(contents) && contents.value === null;
}

/** The name of a field that an object states twice: kubectl would silently take the last one. */
function repeatedNames(contents: Node): { name: string; offset: number; first: number }[] {
  const repeated: { name: string; offset: number; first: number }[] = [];
  const found: unknown[] = [contents];
  // Grows while it is gone through.
  for (const node of found) {
    if (isSeq(node)) for (const item of node.items) found.push(item);
    if (!isMap(node)) continue;
    const known = new Map<string, number>();
    for (const { key, value } of node.items) {
      found.push(value);
      if (!isScalar(key) || key.value === '<<') continue;
      const name = String(key.value);
      const first = known.get(name);
      if (first === undefined) known.set(name, startOf(key));
      else repeated.push({ name: key.source ?? name, offset: startOf(key), first });
    }
  }
  return repeated.sort((a, b) => a.offset - b.offset);
}

function offsetOf(document: Document, path: FieldPath, target: 'value' | 'name' = 'value'): number {
  let node: unknown = document.contents;
  let pair: Pair | undefined;
  let isWhole = true;
  for (const step of path) {
    const resolved = isAlias(node) ? node.resolve(document) : node;
    const next: unknown = isMap(resolved)
      ? resolved.items.find(({ key }) => isScalar(key) && String(key.value) === String(step))
      : isSeq(resolved)
        ? resolved.items[Number(step)]
        : undefined;
    if (next === undefined || next === null) {
      isWhole = false;
      break;
    }
    pair = isPair(next) ? next : undefined;
    node = isPair(next) ? next.value : next;
  }
  // What is not there is missing from the field around it, and nothing is better known by its name than by a blank.
  const byName = pair !== undefined && (target === 'name' || !isWhole || !isNode(node) || !hasText(node));
  const shown: unknown = byName ? pair?.key : node;
  return isNode(shown) ? startOf(shown) : 0;
}

function hasText(node: Node): boolean {
  return isAlias(node) || !isScalar(node) || node.source !== '' || node.value !== null;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** The library's sentences begin with a capital letter, and some end with a full stop. */
function sentencePart(message: string): string {
  const [line = ''] = message.split('\n');
  const text = line.trim().replace(/\.$/, '');
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
