import type { ErrorObject } from 'ajv';

/** Where a value is wrong, and how. */
export interface SchemaProblem {
  /** The path of the field: `request.object.metadata.annotations["a/b"]`. */
  readonly field: string;
  /** The type of the value and what is expected: `is a number, expected a string`. */
  readonly problem: string;
}

/**
 * Puts an error of ajv into words. The value itself is never repeated, since it may be anything, unless it has to be
 * one of a few words.
 *
 * @param error made with ajv's option `verbose`
 * @param root what the whole value is called
 */
export function describeSchemaError(error: ErrorObject, root: string): SchemaProblem {
  const { keyword, params, data, parentSchema } = error;
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const field = fieldPath(path, root);
  switch (keyword) {
    case 'required': {
      const name = String(params.missingProperty);
      return {
        field: fieldPath([...path, name], root),
        problem: `is missing, expected ${expectedOf(parentSchema, name)}`,
      };
    }
    case 'type':
      return { field, problem: `is ${typeWord(data)}, expected ${typeList(params.type)}` };
    case 'const':
      return {
        field,
        problem: `is ${JSON.stringify(data)}, expected ${JSON.stringify(params.allowedValue)}`,
      };
    case 'enum':
      return { field, problem: `is ${JSON.stringify(data)}, expected ${words(params.allowedValues)}` };
    case 'minLength':
      return { field, problem: 'is empty, expected a non-empty string' };
    default:
      return { field, problem: error.message ?? 'has a wrong value' };
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'a boolean',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function fieldPath(path: readonly string[], root: string): string {
  if (path.length === 0) return root;
  return path
    .map((part, index) => {
      if (/^\d+$/.test(part)) return `[${part}]`;
      if (!/^[A-Za-z_]\w*$/.test(part)) return `["${part}"]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

function expectedOf(schema: object | undefined, property: string): string {
  const properties: unknown = schema !== undefined && 'properties' in schema ? schema.properties : undefined;
  const wanted: unknown = isRecord(properties) ? properties[property] : undefined;
  if (!isRecord(wanted)) return 'a value';
  if ('const' in wanted) return JSON.stringify(wanted.const);
  return 'enum' in wanted ? words(wanted.enum) : typeList(wanted.type);
}

function typeList(types: unknown): string {
  return (Array.isArray(types) ? types : [types])
    .map((type) => TYPE_WORDS[String(type)] ?? String(type))
    .join(' or ');
}

function typeWord(value: unknown): string {
  if (value === null) return 'null';
  return TYPE_WORDS[Array.isArray(value) ? 'array' : typeof value] ?? typeof value;
}

function words(values: unknown): string {
  return (Array.isArray(values) ? values : [values]).map((value) => JSON.stringify(value)).join(' or ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
