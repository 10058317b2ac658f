import { expect } from 'chai';
import fc from 'fast-check';
import { formatGatedRecord, parseGatedRecord, type GatedRecord } from '../../../src/api/gated-record.ts';
import type { Json } from '../../../src/api/job.ts';

// What JSON cannot tell apart (-0 and 0) is not looked for.
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
const step = fc.oneof(
  fc.string(),
  fc.dictionary(fc.constantFrom('name', 'mountPath', 'containerPort'), fc.oneof(fc.string(), fc.nat()), {
    noNullPrototype: true,
  }),
);
const record: fc.Arbitrary<GatedRecord> = fc.record({
  gate: fc.boolean(),
  statedSuspend: fc.boolean(),
  manager: fc.string(),
  ignoredUids: fc.array(fc.uuid(), { maxLength: 4 }),
  injected: fc.array(
    fc.record({ path: fc.array(step, { maxLength: 5 }), stated: fc.option(json, { nil: undefined }) }),
    { maxLength: 6 },
  ),
});

const PLAIN: GatedRecord = { gate: true, statedSuspend: false, manager: '', ignoredUids: [], injected: [] };

describe('the gated record', () => {
  it('is read back as it was written, whatever it holds', () => {
    fc.assert(
      fc.property(record, (some) => {
        expect(parseGatedRecord(formatGatedRecord(some))).to.deep.equal(some);
      }),
    );
  });

  it('begins in the way by which the admission policy tells a gated Job', () => {
    fc.assert(
      fc.property(record, (some) => {
        expect(formatGatedRecord(some).startsWith('{"gate":true')).to.equal(some.gate);
      }),
    );
  });

  it('tells a leaf that was absent from one that was null', () => {
    const injected = [
      { path: ['spec', 'a'], stated: undefined },
      { path: ['spec', 'b'], stated: null },
    ];
    const text = formatGatedRecord({ ...PLAIN, injected });
    expect(text).to.include('"injected":[[["spec","a"]],[["spec","b"],null]]');
    expect(parseGatedRecord(text)?.injected).to.deep.equal(injected);
  });

  it('is small when nothing was injected', () => {
    expect(formatGatedRecord({ ...PLAIN, manager: 'kubectl' })).to.equal('{"gate":true,"manager":"kubectl"}');
  });

  it('of a later version is read as far as it is known: further fields, and further elements of a leaf, are passed over', () => {
    const text =
      '{"gate":true,"v":2,"manager":"kubectl","later":{"a":[1]},"injected":[[["spec","a"],null,"later"],[["spec","b"]],{"later":1}]}';
    expect(parseGatedRecord(text)).to.deep.equal({
      ...PLAIN,
      manager: 'kubectl',
      injected: [
        { path: ['spec', 'a'], stated: null },
        { path: ['spec', 'b'], stated: undefined },
      ],
    });
  });

  it('is none where the text is damaged', () => {
    for (const text of [undefined, '', '{', 'true', 'null', '[]', '{}', '{"gate":"true"}', '{"gate":1}']) {
      expect(parseGatedRecord(text), String(text)).to.equal(undefined);
    }
  });

  it('leaves out damaged parts and keeps the rest', () => {
    const text =
      '{"gate":true,"suspend":1,"manager":2,"ignored":["u",3],"injected":[7,[5],[["a"],"b"],[["a",null]]]}';
    expect(parseGatedRecord(text)).to.deep.equal({
      ...PLAIN,
      ignoredUids: ['u'],
      injected: [{ path: ['a'], stated: 'b' }],
    });
  });
});
