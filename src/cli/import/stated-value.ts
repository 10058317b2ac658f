import { refusal } from '../../api/errors.ts';
import { findingAt, type Findings } from './findings.ts';
import type { Located, LocatedMap, LocatedScalar } from './located-yaml.ts';
import type { Position, SourceText } from './source-text.ts';

/** A value that a configuration states, with the name of its field: `data["jobs.yaml"].jobs["a.b"].depends_on[0]`. */
export interface StatedValue {
  readonly source: SourceText;
  readonly field: string;
  readonly value: Located;
}

/** What a text has to be. */
export interface TextRule {
  readonly isValid: (text: string) => boolean;
  /** As the rest of "is not allowed; write …". */
  readonly allowed: string;
}

/** The whole of a text. */
export function stated(source: SourceText, value: Located): StatedValue {
  return { source, field: source.field, value };
}

/** Refuses a value, or a field that is not there, with a sentence. */
export function refuseValue(at: StatedValue, message: string, findings: Findings): void {
  findings.problems.push(findingAt(at.source, at.value.position, message));
}

/** Refuses that a field is not there. */
export function refuseMissing(near: StatedValue, field: string, mend: string, findings: Findings): void {
  refuseValue(near, refusal('FieldMissing', { field, mend }).message, findings);
}

/** Whether a field is there and is not null. */
export function isStated(at: StatedValue | undefined): at is StatedValue {
  return at !== undefined && !isNull(at);
}

/** Whether a value is null, or only its key is there. */
export function isNull({ value }: StatedValue): boolean {
  return value.kind === 'scalar' && value.value === null;
}

/**
 * The fields of an object that are stated.
 *
 * @param known the fields that mean something; any other is warned of, since the older tool did not read it either
 * @returns by name; none if the value is no object, which is refused
 */
export function fieldsOf<const K extends string>(
  at: StatedValue | undefined,
  known: readonly K[],
  findings: Findings,
): Partial<Record<K, StatedValue>> {
  const fields: Partial<Record<K, StatedValue>> = {};
  for (const { name, at: field, keyPosition } of entriesOf(at, findings)) {
    const key = known.find((one) => one === name);
    if (key !== undefined) fields[key] = field;
    else {
      const message = `${field.field}: is left out, because the older tool does not read it; remove it, or add what it should do to the result.`;
      findings.warnings.push(findingAt(field.source, keyPosition, message));
    }
  }
  return fields;
}

/** All fields of an object whose names are free, null ones among them; none if it is no object, which is refused. */
export function entriesOf(
  at: StatedValue | undefined,
  findings: Findings,
): readonly { readonly name: string; readonly at: StatedValue; readonly keyPosition: Position }[] {
  if (!isStated(at)) return [];
  const map = mapOf(at, findings);
  return [...(map?.fields ?? [])].map(([name, { value, position }]) => ({
    name,
    at: { source: at.source, field: joinedField(at.field, name), value },
    keyPosition: position,
  }));
}

/** The elements of a list; none if it is no list, which is refused. */
export function itemsOf(
  at: StatedValue | undefined,
  allowed: string,
  findings: Findings,
): readonly StatedValue[] {
  if (!isStated(at)) return [];
  if (at.value.kind !== 'list') {
    refuseValue(at, notAllowed(at, allowed), findings);
    return [];
  }
  const { source, field } = at;
  return at.value.items.map((value, index) => ({ source, field: `${field}[${index}]`, value }));
}

/**
 * A text. A number or a boolean counts as it is written, as it did for the older tool: `- 10` in a command is "10".
 *
 * @returns undefined if it is not stated, or refused
 */
export function readText(
  at: StatedValue | undefined,
  rule: TextRule,
  findings: Findings,
): string | undefined {
  if (!isStated(at)) return undefined;
  const text = scalarOf(at)?.text;
  if (text !== undefined && rule.isValid(text)) return text;
  refuseValue(at, notAllowed(at, rule.allowed), findings);
  return undefined;
}

/** A text that has to be there. */
export function requireText(
  owner: StatedValue,
  name: string,
  at: StatedValue | undefined,
  rule: TextRule,
  findings: Findings,
): string | undefined {
  if (isStated(at)) return readText(at, rule, findings);
  refuseMissing(owner, joinedField(owner.field, name), rule.allowed, findings);
  return undefined;
}

/** A whole number within limits, both included. */
export function readWholeNumber(
  at: StatedValue | undefined,
  { least, most, what }: { readonly least: number; readonly most: number; readonly what: string },
  findings: Findings,
): number | undefined {
  if (!isStated(at)) return undefined;
  const value = scalarOf(at)?.value;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  refuseValue(at, notAllowed(at, `${what}, a whole number from ${least} to ${most}`), findings);
  return undefined;
}

/** `true` or `false`. */
export function readBoolean(at: StatedValue | undefined, findings: Findings): boolean | undefined {
  if (!isStated(at)) return undefined;
  const value = scalarOf(at)?.value;
  if (typeof value === 'boolean') return value;
  refuseValue(at, notAllowed(at, 'true or false'), findings);
  return undefined;
}

/** A field within another, as sentences name it. */
export function joinedField(owner: string, name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) return `${owner}["${name}"]`;
  return owner === '' ? name : `${owner}.${name}`;
}

/** That a value is not allowed, and what to write. */
export function notAllowed({ field, value }: StatedValue, allowed: string): string {
  if (value.kind === 'scalar') {
    return refusal('FieldNotAllowed', { field, value: value.text, allowed }).message;
  }
  return `${field}: is ${value.kind === 'map' ? 'an object' : 'a list'}; write ${allowed}.`;
}

function mapOf(at: StatedValue, findings: Findings): LocatedMap | undefined {
  if (at.value.kind === 'map') return at.value;
  const { source, value } = at;
  const field = at.field === '' ? 'the file' : at.field;
  refuseValue({ source, field, value }, notAllowed({ source, field, value }, 'an object there'), findings);
  return undefined;
}

function scalarOf({ value }: StatedValue): LocatedScalar | undefined {
  return value.kind === 'scalar' ? value : undefined;
}
