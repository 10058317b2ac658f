import { firstSentence } from './first-sentence.ts';
import { sorted } from './shape.ts';
import type { Definitions, Shape } from './shape.ts';

/**
 * Reads some definitions of an API server's OpenAPI document, and all that they refer to, under their short names
 * (`io.k8s.api.batch.v1.JobSpec` becomes `JobSpec`).
 *
 * @param document the parsed answer of `/openapi/v3/apis/GROUP/VERSION`
 * @param roots full names of the definitions to start from
 * @throws Error that names the place where the document holds something this generator does not know
 */
export function readOpenApi(document: unknown, roots: readonly string[]): Definitions {
  const schemas = record(at(document, 'components', 'schemas'), 'components.schemas');
  const definitions = new Map<string, Shape>();
  const fullNames = new Map<string, string>();
  const pending = [...roots];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const name = shortName(next);
    const known = fullNames.get(name);
    if (known === next) continue;
    if (known !== undefined) throw new Error(`${known} and ${next} would both be called ${name}.`);
    fullNames.set(name, next);
    const refer = (fullName: string) => {
      pending.push(fullName);
      return shortName(fullName);
    };
    definitions.set(name, readShape(schemas[next], name, refer));
  }
  return new Map([...definitions].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is dropped: patch strategies and unions of the API server, and defaults, which the Job itself will get. */
const DROPPED = new Set([
  'default',
  'x-kubernetes-group-version-kind',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-unions',
]);

/**
 * Lists in which Kubernetes takes two items with the same key (the last variable wins, a port may be stated
 * twice, no one looks at the others), although server-side apply merges them by it: a CRD would refuse such a Job.
 */
const REPEATABLE = new Set([
  'Container.env',
  'Container.ports',
  'EphemeralContainer.env',
  'EphemeralContainer.ports',
  'ObjectMeta.ownerReferences',
  'PodSpec.hostAliases',
  'PodSpec.imagePullSecrets',
]);

type Refer = (fullName: string) => string;

function readShape(value: unknown, where: string, refer: Refer): Shape {
  const schema = record(value, where);
  const { description, ...facts } = Object.fromEntries(
    Object.entries(schema).filter(([key]) => !DROPPED.has(key)),
  );
  const shape = readFacts(facts, where, refer);
  return typeof description === 'string' ? { description: firstSentence(description), ...shape } : shape;
}

function readFacts(facts: Facts, where: string, refer: Refer): Shape {
  const reference = referenceOf(facts);
  if (reference !== undefined) return { kind: 'ref', to: refer(reference) };
  if ('oneOf' in facts) return readChoice(facts, where);
  switch (facts.type) {
    case 'object':
      return readObject(facts, where, refer);
    case 'array':
      return readList(facts, where, refer);
    case 'string':
      return readString(facts, where);
    case 'integer': {
      const { format, ...rest } = facts;
      expectOnly(rest, ['type'], where);
      if (format === 'int32' || format === 'int64') return { kind: 'integer', format };
      throw unknownAt(where, `an integer of the format ${String(format)}`);
    }
    case 'boolean':
      expectOnly(facts, ['type'], where);
      return { kind: 'boolean' };
    default:
      throw unknownAt(where, JSON.stringify(facts));
  }
}

/** A reference is wrapped in `allOf` where it has a description or a default of its own beside it. */
function referenceOf(facts: Facts): string | undefined {
  const wrapped: readonly unknown[] = Array.isArray(facts.allOf) ? facts.allOf : [facts];
  const [inner, ...others] = wrapped;
  const reference = at(inner, '$ref');
  if (typeof reference !== 'string' || others.length > 0) return undefined;
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function readChoice(facts: Facts, where: string): Shape {
  expectOnly(facts, ['oneOf', 'format'], where);
  const types = Array.isArray(facts.oneOf) ? facts.oneOf.map((one) => String(at(one, 'type'))).sort() : [];
  switch (types.join(' or ')) {
    case 'integer or string':
      return { kind: 'int-or-string' };
    case 'number or string':
      return { kind: 'quantity' };
    default:
      throw unknownAt(where, `a choice of ${types.join(' or ')}`);
  }
}

function readObject(facts: Facts, where: string, refer: Refer): Shape {
  expectOnly(
    facts,
    ['type', 'properties', 'required', 'additionalProperties', 'x-kubernetes-map-type'],
    where,
  );
  if (facts.additionalProperties !== undefined) {
    return { kind: 'map', values: readShape(facts.additionalProperties, `${where}.*`, refer) };
  }
  if (facts.properties === undefined) return { kind: 'any-object' };
  const properties = Object.entries(record(facts.properties, where)).map(
    ([name, property]): [string, Shape] => [name, readShape(property, `${where}.${name}`, refer)],
  );
  return {
    kind: 'object',
    properties: sorted(Object.fromEntries(properties)),
    required: texts(facts.required, where).sort(),
    ...(facts['x-kubernetes-map-type'] === 'atomic' ? { atomic: true } : {}),
  };
}

function readList(facts: Facts, where: string, refer: Refer): Shape {
  expectOnly(facts, ['type', 'items', 'x-kubernetes-list-type', 'x-kubernetes-list-map-keys'], where);
  const keys = texts(facts['x-kubernetes-list-map-keys'], where);
  return {
    kind: 'list',
    items: readShape(facts.items, `${where}[]`, refer),
    ...(keys.length === 0 || REPEATABLE.has(where) ? {} : { keys }),
  };
}

function readString(facts: Facts, where: string): Shape {
  expectOnly(facts, ['type', 'format', 'enum'], where);
  const values = texts(facts.enum, where).sort();
  if (facts.format !== undefined && facts.format !== 'date-time') {
    throw unknownAt(where, `a string of the format ${JSON.stringify(facts.format)}`);
  }
  return {
    kind: 'string',
    ...(values.length === 0 ? {} : { values }),
    ...(facts.format === undefined ? {} : { format: facts.format }),
  };
}

type Facts = Readonly<Record<string, unknown>>;

function expectOnly(facts: Facts, known: readonly string[], where: string): void {
  const unknown = Object.keys(facts).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw unknownAt(where, unknown.join(', '));
}

function unknownAt(where: string, what: string): Error {
  return new Error(`${where} has ${what}, which this generator does not know: teach it to read that.`);
}

function shortName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null
        ? Object.entries(found).find(([name]) => name === key)?.[1]
        : undefined,
    value,
  );
}

function record(value: unknown, where: string): Facts {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value));
  }
  throw unknownAt(where, 'no object');
}

function texts(value: unknown, where: string): string[] {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return [...value];
  throw unknownAt(where, 'something else than a list of strings');
}
