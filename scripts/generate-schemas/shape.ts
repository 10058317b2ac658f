/**
 * What a value looks like, in the few forms that Kubernetes' Jobs and jobflow's own resources need. Every output
 * (CRD, JSON schema, TypeScript) is written from these.
 */
export type Shape = { readonly description?: string } & (
  | { readonly kind: 'ref'; readonly to: string }
  | ObjectShape
  /** An atomic one is owned, and replaced, as a whole. */
  | { readonly kind: 'map'; readonly values: Shape; readonly atomic?: true }
  | ListShape
  | StringShape
  | IntegerShape
  | { readonly kind: 'boolean' }
  /** A count or a percentage, a port's number or its name. */
  | { readonly kind: 'int-or-string' }
  /** An amount such as `500m` or `0.5`. */
  | { readonly kind: 'quantity' }
  /** An object with any fields. */
  | { readonly kind: 'any-object' }
);

/** An object with named fields. */
export type ObjectShape = {
  readonly kind: 'object';
  readonly properties: Readonly<Record<string, Shape>>;
  readonly required: readonly string[];
  /** The definition whose fields this object has as well; a field of its own wins. */
  readonly extends?: string;
  /** Server-side apply owns it as a whole. */
  readonly atomic?: boolean;
};

/** A list. */
export type ListShape = {
  readonly kind: 'list';
  readonly items: Shape;
  /** The fields that tell the items apart, for server-side apply; the items are then unique by them. */
  readonly keys?: readonly string[];
};

/** A text. */
export type StringShape = {
  readonly kind: 'string';
  /** The only values there are. */
  readonly values?: readonly string[];
  readonly format?: 'date-time';
};

/** A whole number. */
export type IntegerShape = {
  readonly kind: 'integer';
  readonly format: 'int32' | 'int64';
  readonly minimum?: number;
};

/** Shapes by name, to which `ref` points. */
export type Definitions = ReadonlyMap<string, Shape>;

/**
 * The definition of a name.
 *
 * @throws Error when there is none
 */
export function definitionOf(definitions: Definitions, name: string): Shape {
  const shape = definitions.get(name);
  if (shape === undefined) throw new Error(`There is no definition of ${name}.`);
  return shape;
}

/**
 * An object with the fields of the definition that it extends among its own, sorted by name.
 *
 * @throws Error when that definition is no object
 */
export function withInherited(shape: ObjectShape, definitions: Definitions): ObjectShape {
  const { extends: parent, ...own } = shape;
  if (parent === undefined) return shape;
  const inherited = definitionOf(definitions, parent);
  if (inherited.kind !== 'object') throw new Error(`${parent} is no object: nothing can extend it.`);
  return {
    ...own,
    properties: sorted({ ...inherited.properties, ...own.properties }),
    required: [...new Set([...inherited.required, ...own.required])].sort(),
  };
}

/** The same record with its keys in order. */
export function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
