import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/run-tool.ts';

/* What the Dockerfile says twice, or leaves to another file. */
describe('the Dockerfile', () => {
  let dockerfile: string;
  let manifest: { version: string; devDependencies: { node: string } };

  before(async () => {
    dockerfile = await readFile(join(ROOT, 'Dockerfile'), 'utf8');
    manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as typeof manifest;
  });

  it('starts from the version of Node.js that the tests run on', () => {
    const tag = /^ARG NODE_IMAGE=\S+\/node:([\d.]+)-\S+$/m.exec(dockerfile)?.[1];
    expect(tag).to.equal(manifest.devDependencies.node);
  });

  it('has the version of package.json, as the chart has', async () => {
    expect(/^ARG VERSION=(\S+)$/m.exec(dockerfile)?.[1]).to.equal(manifest.version);
    const chart = await readFile(join(ROOT, 'helm', 'jobflow', 'Chart.yaml'), 'utf8');
    expect(/^appVersion: ['"]?([^'"\s]+)/m.exec(chart)?.[1]).to.equal(manifest.version);
  });

  it('copies what .dockerignore lets through, and nothing else', async () => {
    const copied = dockerfile
      .split('\n')
      .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
      .flatMap((line) => line.split(' ').slice(1, -1));
    const ignored = await readFile(join(ROOT, '.dockerignore'), 'utf8');
    const allowed = ignored.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    expect(allowed).to.have.members([...new Set(copied)]);
  });
});
