import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../docs/pages.ts';
import { importText, problemsOf, succeeded } from './pipeline-builder.ts';

describe('the page about the import', () => {
  let configuration: string;
  let result: string;

  before(async () => {
    const page = await readFile(join(ROOT, 'docs/import.md'), 'utf8');
    [configuration = '', result = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text = '']) => text,
    );
  });

  it('shows what becomes of its example', () => {
    expect(succeeded(importText(configuration)).yaml).to.equal(result);
  });

  it('shows what an unknown name is told', async () => {
    const page = await readFile(join(ROOT, 'docs/import.md'), 'utf8');
    const [problem] = problemsOf(importText(configuration.replace('[extract]', '[extrakt]')));
    expect(page).to.include(problem ?? 'nothing is wrong');
  });
});
