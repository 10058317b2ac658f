/*
 * `node scripts/docs.ts`: writes the parts of the pages in docs/ and helm/ that are made from the source. A unit test fails
 * while a page differs from what this would write.
 */
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { PARTS } from './docs/parts.ts';

/** The pages that have generated parts, or could have. */
const PAGES = ['docs/**/*.md', 'helm/**/*.md'];

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** One page as it is, and as it should be. */
export interface RenderedPage {
  /** From the checkout's root. */
  readonly path: string;
  readonly written: string;
  readonly rendered: string;
  /** The names of the generated parts that it has. */
  readonly parts: readonly string[];
}

/**
 * Makes every page anew, its generated parts from the source and the rest as it is.
 *
 * @throws Error if a marker names no part, or has no end
 */
export async function renderPages(): Promise<RenderedPage[]> {
  const pages: RenderedPage[] = [];
  for await (const path of glob(PAGES, { cwd: ROOT })) {
    const file = join(ROOT, path);
    const written = await readFile(file, 'utf8');
    const { text, parts } = await fillParts(written, path);
    const config = await resolveConfig(file);
    pages.push({ path, written, rendered: await format(text, { ...config, parser: 'markdown' }), parts });
  }
  return pages.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function fillParts(page: string, path: string): Promise<{ text: string; parts: string[] }> {
  const parts: string[] = [];
  let text = '';
  let rest = page;
  for (;;) {
    const begin = /<!-- generated: ([\w-]+) -->\n/.exec(rest);
    if (begin === null) return { text: text + rest, parts };
    const [marker, name = ''] = begin;
    const render = PARTS[name];
    const end = `<!-- end of generated: ${name} -->`;
    const from = begin.index + marker.length;
    const to = rest.indexOf(end, from);
    if (render === undefined) throw new Error(`${path}: nothing is generated under the name "${name}"`);
    if (to === -1) throw new Error(`${path}: "${end}" is missing`);
    text += `${rest.slice(0, from)}\n${await render()}\n\n`;
    rest = rest.slice(to);
    parts.push(name);
  }
}

if (import.meta.main) {
  for (const { path, written, rendered } of await renderPages()) {
    if (written === rendered) continue;
    await writeFile(join(ROOT, path), rendered);
    console.log(`written: ${path}`);
  }
}
