import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { formatObjects, yamlDocuments } from '../../../../src/cli/manifests/write-objects.ts';

const configMap = (name: string, data: Readonly<Record<string, string>> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

describe('objects that kubectl reads', () => {
  it('are the same by the rules of YAML 1.1, by which "yes" and "1:30" without quotes are no texts', () => {
    const object = configMap('a', { answer: 'yes', off: 'off', time: '1:30', mode: '0644' });
    for (const text of [formatObjects([object], 'yaml'), yamlDocuments([object])])
      expect(parse(text, { version: '1.1' })).to.deep.equal(object);
  });

  it('are one as it is, several in a List, without their managed fields', () => {
    const [a, b] = [configMap('a'), configMap('b')];
    const managed = { ...a, metadata: { ...a.metadata, managedFields: [{ manager: 'jobflow-cli' }] } };
    expect(JSON.parse(formatObjects([managed], 'json'))).to.deep.equal(a);
    const list = { apiVersion: 'v1', kind: 'List', items: [a, b] };
    expect(parse(formatObjects([managed, b], 'yaml'))).to.deep.equal(list);
  });

  it('are a document each in a file', () => {
    const objects = [configMap('a'), configMap('b')];
    const documents = parseAllDocuments(yamlDocuments(objects)) as readonly { toJS: () => unknown }[];
    expect(documents.map((document) => document.toJS())).to.deep.equal(objects);
  });
});
