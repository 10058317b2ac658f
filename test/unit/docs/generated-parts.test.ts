import { expect } from 'chai';
import { PARTS } from '../../../scripts/docs/parts.ts';
import { renderPages, type RenderedPage } from '../../../scripts/docs.ts';
import { REFUSALS } from '../../../src/api/errors.ts';
import { EVENT_NOTES } from '../../../scripts/docs/event-notes.ts';

describe('the pages in docs/', () => {
  let pages: readonly RenderedPage[] = [];
  before(async () => {
    pages = await renderPages();
  });

  it('say what the source says; `node scripts/docs.ts` writes them anew', () => {
    const stale = pages.filter(({ written, rendered }) => written !== rendered).map(({ path }) => path);
    expect(stale).to.deep.equal([]);
  });

  it('show every generated part once', () => {
    const shown = pages.flatMap(({ parts }) => parts);
    expect(shown.sort()).to.deep.equal(Object.keys(PARTS).sort());
  });

  it('list every refusal with its sentence, and every Event', () => {
    const errors = pages.find(({ path }) => path === 'docs/errors.md')?.written ?? '';
    for (const [code, sentence] of Object.entries(REFUSALS)) {
      expect(errors).to.include(`#### ${code}\n`).and.include(`\n${sentence}\n`);
    }
    for (const reason of Object.keys(EVENT_NOTES)) expect(errors).to.include(`| \`${reason}\``);
  });
});
