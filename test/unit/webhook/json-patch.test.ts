import { expect } from 'chai';
import fc from 'fast-check';
import { createJsonPatch, type JsonPatchOperation } from '../../../webhook/json-patch.ts';

type Node = Record<string, unknown>;

/** Applies a patch as RFC 6902 says, strictly: what is replaced or removed must be there. */
const apply = (document: object, operations: readonly JsonPatchOperation[]): unknown => {
  let result = structuredClone(document) as Node;
  for (const operation of operations) {
    const value: unknown = operation.op === 'remove' ? undefined : structuredClone(operation.value);
    if (operation.path === '') {
      result = value as Node;
      continue;
    }
    const keys = operation.path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let parent = result;
    for (const key of keys) parent = Object.getOwnPropertyDescriptor(parent, key)?.value as Node;
    if (Array.isArray(parent)) throw new Error(`${operation.path} goes into an array`);
    if (operation.op !== 'add' && !Object.hasOwn(parent, last))
      throw new Error(`nothing at ${operation.path}`);
    if (operation.op === 'remove') Reflect.deleteProperty(parent, last);
    else Object.defineProperty(parent, last, { value, enumerable: true, writable: true, configurable: true });
  }
  return result;
};

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'a/b', 'a~b', '~1', '', '__proto__', 'constructor', 'toString', '0'),
  fc.string({ maxLength: 3 }),
);
const { value: json } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, 1, '', 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
}));
const object = fc
  .dictionary(key, json, { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Node);

describe('the JSON patch of two objects', function () {
  this.timeout(20_000);
  it('applied to the first gives the second', () => {
    fc.assert(
      fc.property(object, object, (before, after) => {
        const copy = JSON.stringify(before);
        const patch = JSON.parse(JSON.stringify(createJsonPatch(before, after))) as JsonPatchOperation[];
        expect(JSON.stringify(sorted(apply(before, patch)))).to.equal(JSON.stringify(sorted(after)));
        expect(JSON.stringify(before)).to.equal(copy);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is empty if and only if they are equal', () => {
    fc.assert(
      fc.property(object, object, (one, other) => {
        expect(createJsonPatch(one, structuredClone(one))).to.deep.equal([]);
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(createJsonPatch(one, other).length === 0).to.equal(same);
      }),
      { numRuns: 1_000 },
    );
  });

  it('names only the leaves that changed', () => {
    const before = {
      spec: { suspend: false, template: { spec: { containers: [{ name: 'a' }] } } },
      kept: [1],
    };
    const after = {
      metadata: { annotations: { 'api.practice.com/gated': '{}' } },
      spec: { suspend: true, template: { spec: { containers: [{ name: 'a', env: [] }] } } },
      kept: [1],
    };
    expect(createJsonPatch(before, after)).to.deep.equal([
      { op: 'add', path: '/metadata', value: { annotations: { 'api.practice.com/gated': '{}' } } },
      { op: 'replace', path: '/spec/suspend', value: true },
      { op: 'replace', path: '/spec/template/spec/containers', value: [{ name: 'a', env: [] }] },
    ]);
    expect(createJsonPatch({ annotations: {} }, { annotations: { 'a.b/c~d': '1' } })).to.deep.equal([
      { op: 'add', path: '/annotations/a.b~1c~0d', value: '1' },
    ]);
  });

  it('takes undefined as absent, and null as a value', () => {
    expect(createJsonPatch({ a: undefined, b: null }, { b: null, c: undefined })).to.deep.equal([]);
    expect(createJsonPatch({ a: 1, b: null }, { a: undefined, b: {} })).to.deep.equal([
      { op: 'remove', path: '/a' },
      { op: 'replace', path: '/b', value: {} },
    ]);
  });

  it('does no harm with __proto__ from the wire', () => {
    const after = JSON.parse('{"metadata":{"__proto__":{"polluted":true}}}') as Node;
    const patch = createJsonPatch({ metadata: {} }, after);
    expect(JSON.stringify(patch)).to.equal(
      '[{"op":"add","path":"/metadata/__proto__","value":{"polluted":true}}]',
    );
    expect(Object.prototype).not.to.have.property('polluted');
  });
});

/** Keys in one order, so that texts can be compared; deep equality of a library would trip over `__proto__`. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return { members: members.map(([name, member]) => [name, sorted(member)]) };
};
