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

/** The templates that only Helm runs, and nobody else needs. */
const ONLY_HELM = 'tests/';

/**
 * The manifests for `kubectl apply -k`, as the chart renders them for a release called jobflow: a file for each
 * template, in the folder of the same name.
 *
 * @throws Error with what helm says
 */
export async function generateManifests(): Promise<ManifestFile[]> {
  const rendered = await renderChart({ release: 'jobflow', namespace: 'jobflow-system', args: ARGS });
  const files = new Map<string, string[]>();
  for (const document of rendered.split(/^---\n/m)) {
    const source = /^# Source: jobflow\/templates\/(.+)\n/.exec(document);
    if (source === null) continue;
    const [line, path = ''] = source;
    if (path.startsWith(ONLY_HELM)) continue;
    files.set(path, [...(files.get(path) ?? []), withoutHooks(document.slice(line.length)).trim()]);
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

/** Kustomize runs no hooks: what was one is an object like any other. */
function withoutHooks(document: string): string {
  return document.replace(/^ +helm\.sh\/hook.*\n/gm, '').replace(/^ +annotations:\n(?! {4})/gm, '');
}
