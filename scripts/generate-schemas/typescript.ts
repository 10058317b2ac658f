import { sorted } from './shape.ts';
import type { Definitions, ObjectShape, Shape } from './shape.ts';

/** Where the types of other definitions come from. */
export type TypeImports = { readonly from: string; readonly names: ReadonlySet<string> };

/**
 * Writes definitions as TypeScript. They are aliases and not interfaces, because only those can be given where
 * any JSON object is taken.
 *
 * @param own the definitions to write
 * @param imports where the types that `own` refers to, and does not define, come from
 * @returns the text of the module, without a header and not yet formatted
 */
export function typeScriptTypes(own: Definitions, imports: readonly TypeImports[]): string {
  const used = new Set<string>();
  const types = [...own]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, shape]) => `${comment(shape.description)}export type ${name} = ${typeOf(shape, used)};`);
  const lines = imports
    .map(({ from, names }) => ({
      from,
      names: [...names].filter((name) => used.has(name) && !own.has(name)).sort(),
    }))
    .filter(({ names }) => names.length > 0)
    .map(({ from, names }) => `import type { ${names.join(', ')} } from '${from}';`);
  return [lines.join('\n'), ...types].join('\n\n');
}

function typeOf(shape: Shape, used: Set<string>): string {
  switch (shape.kind) {
    case 'ref':
      used.add(shape.to);
      return shape.to;
    case 'object':
      return objectType(shape, used);
    case 'map':
      return `Record<string, ${typeOf(shape.values, used)}>`;
    case 'list': {
      const items = typeOf(shape.items, used);
      return /^\w+$/.test(items) ? `${items}[]` : `(${items})[]`;
    }
    case 'string':
      return shape.values?.map((value) => `'${value}'`).join(' | ') ?? 'string';
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'int-or-string':
    case 'quantity':
      return 'number | string';
    case 'any-object':
      used.add('JsonObject');
      return 'JsonObject';
  }
}

function objectType({ properties, required, extends: parent }: ObjectShape, used: Set<string>): string {
  const fields = Object.entries(sorted(properties)).map(([name, child]) => {
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`;
    return `${comment(child.description)}${key}${required.includes(name) ? '' : '?'}: ${typeOf(child, used)};`;
  });
  const own = `{ ${fields.join('\n')} }`;
  if (parent === undefined) return own;
  used.add(parent);
  return `${parent} & ${own}`;
}

function comment(description: string | undefined): string {
  return description === undefined ? '' : `/** ${description.replaceAll('*/', '*\\/')} */\n`;
}
