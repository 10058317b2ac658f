import { withInherited } from './shape.ts';
import type { Definitions, Shape } from './shape.ts';

/** A schema as ajv compiles it; `$ref` may name a definition of another document. */
export type JsonSchema = {
  $ref?: string;
  type?: string | readonly string[];
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  required?: readonly string[];
  properties?: Readonly<Record<string, JsonSchema>>;
  additionalProperties?: JsonSchema;
  items?: JsonSchema;
};

/**
 * Writes definitions as one JSON schema document, without descriptions: programs read it, not people.
 *
 * @param id the document's `$id`
 * @param note a `$comment`
 * @param own the definitions that the document holds
 * @param foreign definitions that `own` refers to, and the `$id` of the document that holds them
 */
export function jsonSchemaDocument(
  id: string,
  note: string,
  own: Definitions,
  foreign: { id: string; definitions: Definitions } = { id: '', definitions: new Map() },
): object {
  const all = new Map([...foreign.definitions, ...own]);
  const refer = (to: string) => (own.has(to) ? `#/$defs/${to}` : `${foreign.id}#/$defs/${to}`);
  const definitions = [...own].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    $id: id,
    $comment: note,
    $defs: Object.fromEntries(definitions.map(([name, shape]) => [name, jsonSchema(shape, all, refer)])),
  };
}

const INT32_MAX = 2 ** 31 - 1;

function jsonSchema(shape: Shape, definitions: Definitions, refer: (to: string) => string): JsonSchema {
  const inner = (child: Shape) => jsonSchema(child, definitions, refer);
  switch (shape.kind) {
    case 'ref':
      return { $ref: refer(shape.to) };
    case 'object': {
      const { properties, required } = withInherited(shape, definitions);
      return {
        type: 'object',
        ...(required.length === 0 ? {} : { required }),
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, child]) => [name, inner(child)]),
        ),
      };
    }
    case 'map':
      return { type: 'object', additionalProperties: inner(shape.values) };
    case 'list':
      return { type: 'array', items: inner(shape.items) };
    case 'string':
      return { type: 'string', ...(shape.values === undefined ? {} : { enum: shape.values }) };
    case 'integer':
      return {
        type: 'integer',
        ...(shape.format === 'int32' ? { minimum: -INT32_MAX - 1, maximum: INT32_MAX } : {}),
        ...(shape.minimum === undefined ? {} : { minimum: shape.minimum }),
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'int-or-string':
      return { type: ['integer', 'string'] };
    case 'quantity':
      return { type: ['number', 'string'] };
    case 'any-object':
      return { type: 'object' };
  }
}
