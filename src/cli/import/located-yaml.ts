import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml';
import { findingAt, type Findings } from './findings.ts';
import type { Position, SourceText } from './source-text.ts';

/** A value of YAML, with its place in the file. */
export type Located = LocatedMap | LocatedList | LocatedScalar;

/** An object. */
export interface LocatedMap {
  readonly kind: 'map';
  readonly position: Position;
  readonly fields: ReadonlyMap<string, LocatedField>;
}

/** One field of an object. */
export interface LocatedField {
  /** Where its key is. */
  readonly position: Position;
  readonly value: Located;
}

/** A list. */
export interface LocatedList {
  readonly kind: 'list';
  readonly position: Position;
  readonly items: readonly Located[];
}

/** Anything else. */
export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly position: Position;
  /** As YAML 1.1 reads it, which is what kubectl and the older tool read; undefined for what is no JSON, such as a date. */
  readonly value: string | number | boolean | null | undefined;
  /** As it is written, without quotes: `0.50`. */
  readonly text: string;
  readonly isLiteralBlock: boolean;
}

/** No configuration is as deep; what is refers to itself. */
const DEEPEST = 50;

/**
 * Reads YAML, or JSON, of any number of documents.
 *
 * @param source the text
 * @param findings takes what is wrong with it as YAML
 * @returns the documents that are not empty; none if anything is wrong
 */
export function readYaml(source: SourceText, findings: Findings): readonly Located[] {
  const counter = new LineCounter();
  const positionAt = (offset: number): Position => {
    const { line, col } = counter.linePos(offset);
    return source.positionOf({ line, column: col });
  };
  const refuse = (position: Position | undefined, problem: string): readonly [] => {
    const subject = source.field === '' ? 'the file' : source.field;
    findings.problems.push(
      findingAt(source, position, `${subject} is not valid YAML: ${problem}; mend it there.`),
    );
    return [];
  };
  try {
    const parsed = parseAllDocuments(source.text, {
      version: '1.1',
      lineCounter: counter,
      prettyErrors: false,
      // What it would warn of on the standard error is no mistake, or refused below.
      logLevel: 'error',
      // It compares every key with every other; a pipeline has a key for each of its Jobs. They are looked at below.
      uniqueKeys: false,
    });
    const documents = 'empty' in parsed ? [] : parsed;
    // Others mostly follow from the first.
    const [error] = documents.flatMap((document) => document.errors);
    if (error !== undefined) {
      const tooDeep = error.code === 'RESOURCE_EXHAUSTION';
      return refuse(positionAt(error.pos[0]), tooDeep ? 'it has too many levels' : oneLine(error.message));
    }
    return documents.flatMap((document) => {
      // Refuses aliases that would expand without end.
      document.toJS();
      const { contents } = document;
      return contents === null ? [] : [locate(contents, { document, positionAt, depth: 0 })];
    });
  } catch (error) {
    const position = error instanceof RepeatedKey ? error.position : undefined;
    return refuse(position, oneLine(error instanceof Error ? error.message : String(error)));
  }
}

/** A key of an object that is there twice. */
class RepeatedKey extends Error {
  readonly position: Position;

  constructor(key: string, position: Position) {
    super(`the key "${key}" is there twice`);
    this.position = position;
  }
}

interface Place {
  readonly document: Document;
  readonly positionAt: (offset: number) => Position;
  readonly depth: number;
}

/** @throws Error if the value is too deep, or has a key twice */
function locate(node: unknown, place: Place): Located {
  const depth = place.depth + 1;
  if (depth > DEEPEST) throw new Error(`it is more than ${DEEPEST} levels deep`);
  const below = { ...place, depth };
  if (isAlias(node)) return locate(node.resolve(place.document), below);
  if (isMap(node)) {
    const fields = new Map<string, LocatedField>();
    const merged: (readonly [string, LocatedField])[] = [];
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? textOf(key.source, key.value) : String(key);
      const position = positionOf(key, place);
      const field = { position, value: value === null ? absent(position) : locate(value, below) };
      if (name === '<<' && isScalar(key) && key.type === 'PLAIN') merged.push(...mergedFields(field.value));
      else if (fields.has(name)) throw new RepeatedKey(name, position);
      else fields.set(name, field);
    }
    // What the object states itself wins over what it merges, wherever it stands.
    for (const [name, field] of merged) if (!fields.has(name)) fields.set(name, field);
    return { kind: 'map', position: positionOf(node, place), fields };
  }
  if (isSeq(node)) {
    return {
      kind: 'list',
      position: positionOf(node, place),
      items: node.items.map((item) => locate(item, below)),
    };
  }
  if (!isScalar(node)) return absent(place.positionAt(0));
  const { value, source, type } = node;
  const isJson =
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return {
    kind: 'scalar',
    position: positionOf(node, place),
    value: isJson ? value : undefined,
    text: textOf(source, value),
    isLiteralBlock: type === 'BLOCK_LITERAL',
  };
}

/** The fields that a merge key (`<<`) brings, of the first object that has each. */
function mergedFields(value: Located): readonly (readonly [string, LocatedField])[] {
  switch (value.kind) {
    case 'map':
      return [...value.fields];
    case 'list':
      return value.items.flatMap(mergedFields);
    case 'scalar':
      return [];
  }
}

function absent(position: Position): LocatedScalar {
  return { kind: 'scalar', position, value: null, text: '', isLiteralBlock: false };
}

function positionOf(node: unknown, { positionAt }: Place): Position {
  const range: unknown =
    typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return positionAt(typeof start === 'number' ? start : 0);
}

function textOf(source: string | undefined, value: unknown): string {
  return source ?? (typeof value === 'string' ? value : String(value));
}

function oneLine(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/[:.]$/, '');
}
