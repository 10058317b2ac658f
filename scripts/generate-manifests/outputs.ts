import { format, resolveConfig } from 'prettier';
import { join } from 'node:path';
import { ROOT } from '../run-tool.ts';
import { renderChart } from './render-chart.ts';

/** One file of `manifests/`. */
export type ManifestFile = {
  /** From the root of the checkout. */
  readonly path: string;
  readonly content: string;
};

const NOTE = '# Generated from the chart in helm/jobflow by `npm run manifests`. Do not edit.';

/** Kustomize has no values: cert-manager does there what in the chart is a choice. */
const ARGS = ['certificates.mode=cert-manager', 'createNamespace=true', 'crds.keep=false'].flatMap(
  (value) => ['--set', value],
);

/**
 * The manifests for `kubectl apply -k`, as the chart renders them for a release called jobflow: a file for each
 * template, in the folder of the same name. What only Helm runs (its hooks and tests) is left out.
 *
 * @throws Error with what helm says
 */
export async function generateManifests(): Promise<ManifestFile[]> {
  const rendered = await renderChart({
    release: 'jobflow',
    namespace: 'jobflow-system',
    args: [...ARGS, '--no-hooks'],
  });
  const files = new Map<string, string[]>();
  for (const document of rendered.split(/^---\n/m)) {
    const source = /^# Source: jobflow\/templates\/(.+)\n/.exec(document);
    if (source === null) continue;
    const [line, path = ''] = source;
    files.set(path, [...(files.get(path) ?? []), document.slice(line.length).trim()]);
  }
  return Promise.all(
    [...files].sort().map(async ([template, documents]) => {
      const path = `manifests/${template}`;
      const file = join(ROOT, path);
      const text = `${NOTE}\n${documents.join('\n---\n')}\n`;
      return { path, content: await format(text, { ...(await resolveConfig(file)), filepath: file }) };
    }),
  );
}
