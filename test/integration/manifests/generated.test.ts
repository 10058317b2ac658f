import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { generateAlerts, generateManifests } from '../../../scripts/generate-manifests/outputs.ts';
import type { GeneratedFile } from '../../../scripts/generate-manifests/outputs.ts';
import { ROOT } from '../../../scripts/run-tool.ts';
import { readPath } from '../../support/cluster.ts';

describe('the manifests for kubectl apply -k', () => {
  let files: readonly GeneratedFile[];

  before(async function () {
    this.timeout(600_000);
    files = await generateManifests();
  });

  it('are what the chart renders (else run: npm run manifests)', async () => {
    const stale = await Promise.all(
      [await generateAlerts(), ...files].map(async ({ path, content }) =>
        content === (await readFile(join(ROOT, path), 'utf8').catch(() => '')) ? [] : [path],
      ),
    );
    expect(stale.flat()).to.deep.equal([]);
  });

  it('are all listed in the kustomization of their folder', async () => {
    const folders = Map.groupBy(files, ({ path }) => path.slice(0, path.lastIndexOf('/')));
    for (const [folder, inside] of folders) {
      const kustomization: unknown = parse(await readFile(join(ROOT, folder, 'kustomization.yaml'), 'utf8'));
      expect(readPath(kustomization, 'resources'), folder).to.have.members(
        inside.map(({ path }) => path.slice(folder.length + 1)),
      );
    }
  });

  it('have the version of the chart and of the package', async () => {
    const chart: unknown = parse(await readFile(join(ROOT, 'helm/jobflow/Chart.yaml'), 'utf8'));
    const kustomization: unknown = parse(await readFile(join(ROOT, 'manifests/kustomization.yaml'), 'utf8'));
    const packaged: unknown = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    const version = readPath(packaged, 'version');
    expect(readPath(chart, 'version')).to.equal(version);
    expect(readPath(chart, 'appVersion')).to.equal(version);
    expect(readPath(kustomization, 'images', 0, 'newTag')).to.equal(version);
  });
});
