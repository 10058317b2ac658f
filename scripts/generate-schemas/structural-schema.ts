import { definitionOf, withInherited } from './shape.ts';
import type { Definitions, ObjectShape, Shape } from './shape.ts';

/** A schema as a CustomResourceDefinition holds it: no references, every level typed. */
export type StructuralSchema = {
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  format?: string;
  enum?: readonly string[];
  minimum?: number;
  default?: Readonly<Record<string, number>>;
  nullable?: true;
  required?: readonly string[];
  properties?: Readonly<Record<string, StructuralSchema>>;
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-list-map-keys'?: readonly string[];
  'x-kubernetes-list-type'?: 'map';
  'x-kubernetes-map-type'?: 'atomic';
  'x-kubernetes-preserve-unknown-fields'?: true;
};

/** Whether a field is described, told by the names of the fields on the way to it. */
export type Described = (path: readonly string[]) => boolean;

/**
 * Writes a shape as a structural schema
 * (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
 *
 * @param described which fields keep their description: there is not room for all
 * @param path the names of the fields on the way to this shape
 */
export function structuralSchema(
  shape: Shape,
  definitions: Definitions,
  described: Described,
  path: readonly string[] = [],
): StructuralSchema {
  const { shape: resolved, description } = resolve(shape, definitions);
  return {
    ...(description !== undefined && described(path) ? { description } : {}),
    ...bare(resolved, definitions, described, path),
  };
}

/** A field's own description says more than that of its type. */
function resolve(shape: Shape, definitions: Definitions): { shape: Resolved; description?: string } {
  const { description } = shape;
  if (shape.kind !== 'ref') return { shape, ...(description === undefined ? {} : { description }) };
  const target = resolve(definitionOf(definitions, shape.to), definitions);
  return description === undefined ? target : { ...target, description };
}

type Resolved = Exclude<Shape, { kind: 'ref' }>;

function bare(
  shape: Resolved,
  definitions: Definitions,
  described: Described,
  path: readonly string[],
): StructuralSchema {
  const inner = (child: Shape, name?: string) =>
    structuralSchema(child, definitions, described, name === undefined ? path : [...path, name]);
  switch (shape.kind) {
    case 'object':
      return objectSchema(withInherited(shape, definitions), inner);
    case 'map':
      return {
        type: 'object',
        additionalProperties: undescribed(inner(shape.values)),
        ...(shape.atomic === true ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      };
    case 'list':
      return {
        type: 'array',
        items: undescribed(inner(shape.items)),
        ...(shape.keys === undefined
          ? {}
          : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': shape.keys }),
      };
    case 'string':
      return {
        type: 'string',
        // Go programs write a time that is not set as null, which server-side apply refuses unless it is allowed.
        ...(shape.format === undefined ? {} : { format: shape.format, nullable: true }),
        ...(shape.values === undefined ? {} : { enum: shape.values }),
      };
    case 'integer':
      return {
        type: 'integer',
        format: shape.format,
        ...(shape.minimum === undefined ? {} : { minimum: shape.minimum }),
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'int-or-string':
      return { 'x-kubernetes-int-or-string': true };
    case 'quantity':
      // A quantity may be written as 0.5, which is neither; the webhook and the Job's own API judge it.
      return { 'x-kubernetes-preserve-unknown-fields': true };
    case 'any-object':
      return { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  }
}

function objectSchema(
  { properties, required, atomic }: ObjectShape,
  inner: (child: Shape, name: string) => StructuralSchema,
): StructuralSchema {
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, child]) => [name, inner(child, name)]),
    ),
    ...(atomic === true ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

/** The description of a list's items repeats the list's own. */
function undescribed(schema: StructuralSchema): StructuralSchema {
  const { description, ...rest } = schema;
  return description === undefined ? schema : rest;
}
