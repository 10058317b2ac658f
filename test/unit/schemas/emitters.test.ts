import { expect } from 'chai';
import { jsonSchemaDocument } from '../../../scripts/generate-schemas/json-schema.ts';
import type { Definitions, Shape } from '../../../scripts/generate-schemas/shape.ts';
import { structuralSchema } from '../../../scripts/generate-schemas/structural-schema.ts';
import { typeScriptTypes } from '../../../scripts/generate-schemas/typescript.ts';

const definitions: Definitions = new Map<string, Shape>([
  [
    'Base',
    {
      description: 'What others extend.',
      kind: 'object',
      required: ['port'],
      properties: {
        port: { description: 'The base port.', kind: 'int-or-string' },
        limits: { kind: 'map', values: { kind: 'quantity' } },
      },
    },
  ],
  [
    'Derived',
    {
      kind: 'object',
      extends: 'Base',
      required: ['mode'],
      properties: {
        mode: { kind: 'string', values: ['A', 'B'] },
        port: { description: 'Our own port.', kind: 'integer', format: 'int32', minimum: 1 },
        parts: { kind: 'list', items: { kind: 'ref', to: 'Part' }, keys: ['name'] },
      },
    },
  ],
  [
    'Part',
    {
      description: 'A part.',
      kind: 'object',
      required: ['name'],
      properties: { name: { kind: 'string' }, extra: { kind: 'any-object' } },
    },
  ],
]);

describe('a structural schema', () => {
  const derived: Shape = { kind: 'ref', to: 'Derived' };

  it('has no references, and the inherited fields among its own', () => {
    expect(structuralSchema(derived, definitions, () => true)).to.deep.equal({
      type: 'object',
      required: ['mode', 'port'],
      properties: {
        limits: {
          type: 'object',
          additionalProperties: { 'x-kubernetes-preserve-unknown-fields': true },
        },
        mode: { type: 'string', enum: ['A', 'B'] },
        parts: {
          type: 'array',
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string' },
              extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        },
        port: { description: 'Our own port.', type: 'integer', format: 'int32', minimum: 1 },
      },
    });
  });

  it('lets a time be null, as Go programs write it', () => {
    expect(structuralSchema({ kind: 'string', format: 'date-time' }, definitions, () => true)).to.deep.equal({
      type: 'string',
      format: 'date-time',
      nullable: true,
    });
  });

  it('leaves out descriptions where it is told to', () => {
    const schema = structuralSchema(derived, definitions, (path) => path.at(-1) !== 'port');
    expect(schema.properties?.port).to.deep.equal({ type: 'integer', format: 'int32', minimum: 1 });
  });
});

describe('a JSON schema document', () => {
  it('refers to its own definitions and to those of another document', () => {
    const part = definitions.get('Part');
    const own = new Map([...definitions].filter(([name]) => name !== 'Part'));
    const foreign = { id: 'other', definitions: new Map(part === undefined ? [] : [['Part', part]]) };
    const document = JSON.stringify(jsonSchemaDocument('mine', 'A note.', own, foreign));
    expect(document).to.include('"$ref":"other#/$defs/Part"').and.not.include('"Part":');
    expect(JSON.stringify(jsonSchemaDocument('all', '', definitions))).to.include('"$ref":"#/$defs/Part"');
  });
});

describe('TypeScript types', () => {
  it('import what they use of others, and say what is optional', () => {
    const own = new Map([...definitions].filter(([name]) => name === 'Derived'));
    const text = typeScriptTypes(own, [{ from: './other.ts', names: new Set(['Base', 'Part', 'Unused']) }]);
    expect(text).to.include("import type { Base, Part } from './other.ts';");
    expect(text).to.include("mode: 'A' | 'B';").and.include('parts?: Part[];').and.include('Base & {');
  });

  it('cannot be broken by a description', () => {
    const text = typeScriptTypes(new Map([['Odd', { description: 'Ends */ here.', kind: 'boolean' }]]), []);
    expect(text).to.include('/** Ends *\\/ here. */\nexport type Odd = boolean;');
  });
});
