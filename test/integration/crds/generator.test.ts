import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const GENERATOR = fileURLToPath(new URL('../../../scripts/generate-schemas.ts', import.meta.url));

describe('the generator of the schemas', () => {
  it('finds the committed files as this Kubernetes gives them', async function () {
    this.timeout(180_000);
    const child = spawn(process.execPath, [GENERATOR, '--check'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    expect(code, `${stderr}${stdout}`).to.equal(0);
    expect(stdout).to.match(/^The schemas are those of Kubernetes v\d+\.\d+\.\d+\.\n$/);
  });
});
