import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** A page that people read. */
export interface Page {
  /** From the checkout's root. */
  readonly path: string;
  readonly text: string;
}

/** All pages that people read: those at the root, in docs/, in examples/ and in helm/. */
export async function readPages(): Promise<Page[]> {
  const pages: Page[] = [];
  for await (const path of glob(['*.md', 'docs/**/*.md', 'examples/**/*.md', 'helm/**/*.md'], {
    cwd: ROOT,
  })) {
    pages.push({ path, text: await readFile(join(ROOT, path), 'utf8') });
  }
  return pages;
}

/** A page without its blocks and pieces of code, in which nothing is a heading or a link. */
export function prose(text: string): string {
  return text.replace(/^(```+).*\n[\s\S]*?^\1$/gm, '');
}

/** The anchors of a page, as GitHub makes them of its headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} +(.+?)\s*$/gm)) {
    const slug = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    // A heading that is there already gets a number.
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count += 1) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
