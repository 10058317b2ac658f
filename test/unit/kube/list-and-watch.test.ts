import { expect } from 'chai';
import { readListPage, readWatchEvent } from '../../../src/kube/list-and-watch.ts';

function line(event: object): Buffer {
  return Buffer.from(JSON.stringify(event));
}

describe('reading lists and watches', () => {
  it('a page gives its items, the version and the token of the next page', () => {
    const answer = { metadata: { resourceVersion: '7', continue: 'abc' }, items: [{ a: 1 }] };
    expect(readListPage(answer)).to.deep.equal({
      items: [{ a: 1 }],
      resourceVersion: '7',
      continueToken: 'abc',
    });
  });

  it('the last page has no token, and a null list is empty', () => {
    const answer = { metadata: { resourceVersion: '7', continue: '' }, items: null };
    expect(readListPage(answer)).to.deep.equal({ items: [], resourceVersion: '7', continueToken: undefined });
  });

  it('what is no list is refused', () => {
    for (const answer of [undefined, null, 'ok', { items: [] }]) {
      expect(() => readListPage(answer)).to.throw(TypeError);
    }
  });

  it('events carry their kind and version', () => {
    const object = { metadata: { resourceVersion: '7' } };
    const read = (type: string) => readWatchEvent(line({ type, object }));
    expect(read('ADDED')).to.deep.equal({ kind: 'seen', object, resourceVersion: '7' });
    expect(read('MODIFIED').kind).to.equal('seen');
    expect(read('DELETED').kind).to.equal('deleted');
    expect(read('BOOKMARK')).to.deep.equal({ kind: 'bookmark', resourceVersion: '7' });
  });

  it('an ERROR event becomes a classified error', () => {
    const event = readWatchEvent(line({ type: 'ERROR', object: { code: 410, reason: 'Expired' } }));
    expect(event.kind === 'error' && event.error.kind).to.equal('gone');
  });

  it('what is no event is refused', () => {
    for (const text of ['null', '{}', '{"type":"OTHER"}']) {
      expect(() => readWatchEvent(Buffer.from(text))).to.throw(TypeError);
    }
    expect(() => readWatchEvent(Buffer.from('{"type":'))).to.throw(SyntaxError);
  });
});
