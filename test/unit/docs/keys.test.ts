import { expect } from 'chai';
import {
  API_GROUP,
  API_VERSION,
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  RETRY_ANNOTATION,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import { parseDependencies } from '../../../src/api/dependency-list.ts';
import { opensOn } from '../../../src/core/outcome.ts';
import type { Outcome, Wanted } from '../../../src/api/outcomes.ts';
import { anchorsOf, readPages } from './pages.ts';

const KEYS: readonly string[] = [
  ...Object.values(USER_ANNOTATIONS),
  ...Object.values(OWN_ANNOTATIONS),
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  RETRY_ANNOTATION,
];

async function annotationsPage(): Promise<string> {
  const pages = await readPages();
  return pages.find(({ path }) => path === 'docs/annotations.md')?.text ?? '';
}

describe('the keys in the docs', () => {
  it('have a section each', async () => {
    const anchors = anchorsOf(await annotationsPage());
    for (const key of KEYS) expect([...anchors]).to.include(key.slice(API_GROUP.length + 1));
  });

  it('are keys that exist, on every page', async () => {
    const known = new Set([...KEYS, `${API_GROUP}/${API_VERSION}`]);
    // Named as what they are: a typing error in a warning, and a group in sentences.
    known.add(`${API_GROUP}/depend-on`);
    const pattern = new RegExp(`${API_GROUP.replaceAll('.', '\\.')}/[\\w-]*[\\w]`, 'g');
    for (const { path, text } of await readPages()) {
      const unknown = [...text.matchAll(pattern)].map(([key]) => key).filter((key) => !known.has(key));
      expect(unknown, path).to.deep.equal([]);
    }
  });

  it('open their edges as the table says', async () => {
    const page = await annotationsPage();
    const rows = [...page.matchAll(/^\| `a`? ?[^|]*?`a=(\w+)`\s*\|([^|]*)\||^\| `a=(\w+)`\s*\|([^|]*)\|/gm)];
    expect(rows).to.have.length(4);
    for (const [, first, firstOpens, other, otherOpens] of rows) {
      const wanted = (first ?? other ?? '') as Wanted;
      const said = (firstOpens ?? otherOpens ?? '').split(',').map((word) => word.trim());
      const outcomes: readonly Outcome[] = ['Complete', 'Failed', 'Skipped'];
      expect(said, wanted).to.deep.equal(outcomes.filter((outcome) => opensOn(wanted, outcome)));
    }
  });

  it('have examples of depends-on that can be read', async () => {
    const page = await annotationsPage();
    const lists = [...page.matchAll(/depends-on: (?!\|)(\S.*)$/gm)].map(([, list = '']) => list);
    lists.push(...[...page.matchAll(/depends-on: \|\n((?: {6}\S+\n)+)/g)].map(([, list = '']) => list));
    expect(lists.length).to.be.greaterThan(3);
    for (const list of lists) expect(parseDependencies(list, list).ok, list).to.equal(true);
  });
});
