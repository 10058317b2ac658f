import { expect } from 'chai';
import { changesOnDeleted, changesOnSeen, isProvablyOlder, keyOf } from '../../../src/kube/store-change.ts';
import type { Identified } from '../../../src/kube/store-change.ts';

function object(uid: string, resourceVersion: string): Identified {
  return { namespace: 'default', name: 'a', uid, resourceVersion };
}

describe('changes of a store', () => {
  it('an object not known yet is added', () => {
    const seen = object('u1', '5');
    expect(changesOnSeen(undefined, seen, 'watch')).to.deep.equal([{ kind: 'added', record: seen }]);
  });

  it('a newer version is an update that carries the previous one', () => {
    const [previous, record] = [object('u1', '5'), object('u1', '6')];
    expect(changesOnSeen(previous, record, 'watch')).to.deep.equal([{ kind: 'updated', record, previous }]);
  });

  it('the same version again is no change', () => {
    expect(changesOnSeen(object('u1', '5'), object('u1', '5'), 'list')).to.deep.equal([]);
    expect(changesOnSeen(object('u1', '5'), object('u1', '5'), 'watch')).to.deep.equal([]);
  });

  it('an older version from a watch is ignored, from a list it is the truth', () => {
    const [stored, seen] = [object('u1', '10'), object('u1', '9')];
    expect(changesOnSeen(stored, seen, 'watch')).to.deep.equal([]);
    expect(changesOnSeen(stored, seen, 'list')).to.have.length(1);
  });

  it('another UID under the same name is a deletion and an addition, in this order', () => {
    const [stored, seen] = [object('u1', '5'), object('u2', '7')];
    for (const source of ['list', 'watch'] as const) {
      expect(changesOnSeen(stored, seen, source)).to.deep.equal([
        { kind: 'deleted', record: stored },
        { kind: 'added', record: seen },
      ]);
    }
  });

  it('a deletion carries the last state, or what was known where that is another object', () => {
    const [stored, last, other] = [object('u1', '5'), object('u1', '6'), object('u2', '7')];
    expect(changesOnDeleted(stored, last)).to.deep.equal([{ kind: 'deleted', record: last }]);
    expect(changesOnDeleted(stored, other)).to.deep.equal([{ kind: 'deleted', record: stored }]);
    expect(changesOnDeleted(undefined, last)).to.deep.equal([]);
  });

  it('a deletion that is older than what is known is ignored', () => {
    expect(changesOnDeleted(object('u2', '10'), object('u1', '9'))).to.deep.equal([]);
  });

  it('versions are compared as whole numbers, and only those prove anything', () => {
    expect(isProvablyOlder('9', '10')).to.equal(true);
    expect(isProvablyOlder('10', '9')).to.equal(false);
    expect(isProvablyOlder('10', '10')).to.equal(false);
    expect(isProvablyOlder('18446744073709551614', '18446744073709551615')).to.equal(true);
    for (const opaque of ['', '0', '007', '1a', '-1']) {
      expect(isProvablyOlder(opaque, '10')).to.equal(false);
      expect(isProvablyOlder('1', opaque)).to.equal(false);
    }
  });

  it('keys name the namespace, also where there is none', () => {
    expect(keyOf({ namespace: 'n', name: 'a' })).to.equal('n/a');
    expect(keyOf({ namespace: '', name: 'a' })).to.equal('/a');
  });
});
