import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { anchorsOf, prose, readPages, ROOT, type Page } from './pages.ts';

function linksOf(text: string): string[] {
  const withoutCode = prose(text).replace(/`[^`\n]*`/g, 'code');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

function problemOf(target: string, page: Page, pages: readonly Page[]): string | undefined {
  if (/^[a-z]+:/.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page.path : normalize(join(dirname(page.path), file));
  if (!existsSync(join(ROOT, path))) return `${page.path}: there is no ${target}`;
  const text = pages.find((other) => other.path === path)?.text;
  if (anchor === undefined || text === undefined || anchorsOf(text).has(anchor)) return undefined;
  return `${page.path}: ${path} has no heading for #${anchor}`;
}

describe('links between pages', () => {
  it('lead somewhere', async () => {
    const pages = await readPages();
    const problems = pages.flatMap((page) =>
      linksOf(page.text).flatMap((target) => problemOf(target, page, pages) ?? []),
    );
    expect(problems).to.deep.equal([]);
  });

  it('are found, in more than a few places', async () => {
    const pages = await readPages();
    expect(pages.map(({ path }) => path)).to.include.members(['README.md', 'docs/architecture.md']);
    expect(pages.flatMap(({ text }) => linksOf(text)).length).to.be.greaterThan(30);
  });

  it('reach every page in docs/ from the README', async () => {
    const pages = await readPages();
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const target of linksOf(pages.find((page) => page.path === path)?.text ?? '')) {
        if (!/^[a-z]+:/.test(target)) reached.add(normalize(join(dirname(path), target.split('#')[0] ?? '')));
      }
    }
    const docs = pages.map(({ path }) => path).filter((path) => path.startsWith('docs/'));
    expect(docs.filter((path) => !reached.has(path))).to.deep.equal([]);
  });
});
