/*
 * `npm run manifests`: writes manifests/ from the chart, and the chart's alerts from what the runbook is made of. An
 * integration test fails while a file differs from what this would write. The kustomization files are written by hand.
 */
import './end-with-parent.ts';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { generateAlerts, generateManifests } from './generate-manifests/outputs.ts';
import { ROOT } from './run-tool.ts';

for (const { path, content } of [await generateAlerts(), ...(await generateManifests())]) {
  const file = join(ROOT, path);
  if (content === (await readFile(file, 'utf8').catch(() => undefined))) continue;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  console.log(`written: ${path}`);
}
