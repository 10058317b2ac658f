import { expect } from 'chai';
import { readOpenApi } from '../../../scripts/generate-schemas/read-open-api.ts';
import type { Shape } from '../../../scripts/generate-schemas/shape.ts';

describe('reading an OpenAPI document', () => {
  it('follows references, also wrapped ones, under short names', () => {
    const definitions = read({
      'io.k8s.Root': objectOf({
        wrapped: { description: 'Its own words.', default: {}, allOf: [{ $ref: '#/x/io.k8s.Inner' }] },
        listed: { type: 'array', items: { $ref: '#/x/io.k8s.Inner' } },
      }),
      'io.k8s.Inner': objectOf({}),
      'io.k8s.Unused': objectOf({}),
    });
    expect([...definitions.keys()]).to.deep.equal(['Inner', 'Root']);
    expect(field(definitions.get('Root'), 'wrapped')).to.deep.equal({
      description: 'Its own words.',
      kind: 'ref',
      to: 'Inner',
    });
  });

  it('ends where definitions refer to each other in a circle', () => {
    const definitions = read({ 'io.k8s.Root': objectOf({ again: { $ref: '#/x/io.k8s.Root' } }) });
    expect([...definitions.keys()]).to.deep.equal(['Root']);
  });

  it('tells a port from a quantity', () => {
    const definitions = read({
      'io.k8s.Root': objectOf({
        port: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
        cpu: { oneOf: [{ type: 'string' }, { type: 'number' }] },
      }),
    });
    expect(field(definitions.get('Root'), 'port')).to.deep.equal({ kind: 'int-or-string' });
    expect(field(definitions.get('Root'), 'cpu')).to.deep.equal({ kind: 'quantity' });
  });

  it('keeps the keys of a list, except where Kubernetes takes the same item twice', () => {
    const keyed = {
      type: 'array',
      items: { $ref: '#/x/io.k8s.Item' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    };
    const definitions = read({
      'io.k8s.Root': objectOf({ container: { $ref: '#/x/io.k8s.Container' } }),
      'io.k8s.Container': objectOf({ volumeMounts: keyed, env: keyed }),
      'io.k8s.Item': objectOf({ name: { type: 'string' } }),
    });
    const items = { kind: 'ref', to: 'Item' };
    expect(field(definitions.get('Container'), 'volumeMounts')).to.deep.equal({
      kind: 'list',
      items,
      keys: ['name'],
    });
    expect(field(definitions.get('Container'), 'env')).to.deep.equal({ kind: 'list', items });
  });

  it('names the place of what it does not know', () => {
    expect(() => read({ 'io.k8s.Root': objectOf({ size: { type: 'string', pattern: '^a' } }) })).to.throw(
      'Root.size has pattern',
    );
    expect(() => read({ 'io.k8s.Root': objectOf({ ratio: { type: 'number' } }) })).to.throw('Root.ratio has');
  });

  it('refuses two definitions of one short name', () => {
    expect(() =>
      read({
        'io.k8s.Root': objectOf({ a: { $ref: '#/x/io.k8s.v1.Same' }, b: { $ref: '#/x/io.k8s.v2.Same' } }),
        'io.k8s.v1.Same': objectOf({}),
        'io.k8s.v2.Same': objectOf({}),
      }),
    ).to.throw('would both be called Same');
  });
});

function read(schemas: Record<string, object>) {
  return readOpenApi({ components: { schemas } }, ['io.k8s.Root']);
}

function objectOf(properties: Record<string, object>): object {
  return { type: 'object', properties };
}

function field(shape: Shape | undefined, name: string): Shape | undefined {
  return shape?.kind === 'object' ? shape.properties[name] : undefined;
}
