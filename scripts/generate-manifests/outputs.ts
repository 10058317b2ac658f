import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { stringify } from 'yaml';
import { ALERT_NOTES } from '../docs/alert-notes.ts';
import { ROOT } from '../run-tool.ts';
import { CHART, renderChart } from './render-chart.ts';

/** One generated file. */
export type GeneratedFile = {
  /** From the root of the checkout. */
  readonly path: string;
  readonly content: string;
};

const MANIFESTS_NOTE = '# Generated from the chart in helm/jobflow by `npm run manifests`. Do not edit.';
const ALERTS_NOTE = '# Generated from scripts/docs/alert-notes.ts by `npm run manifests`. Do not edit.';

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
export async function generateManifests(): Promise<GeneratedFile[]> {
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
    [...files].sort().map(([template, documents]) =>
      formatted({
        path: `manifests/${template}`,
        content: `${MANIFESTS_NOTE}\n${documents.join('\n---\n')}\n`,
      }),
    ),
  );
}

/** The alerts of the runbook, as the chart reads them: what stands in both is written once. */
export async function generateAlerts(): Promise<GeneratedFile> {
  const alerts = Object.entries(ALERT_NOTES).map(
    ([alert, { expr, for: pending, severity, summary, effect }]) => ({
      alert,
      expr,
      for: pending,
      severity,
      summary,
      effect,
    }),
  );
  return formatted({
    path: `${CHART}/files/alerts.yaml`,
    content: `${ALERTS_NOTE}\n${stringify(alerts, { lineWidth: 0 })}`,
  });
}

/** Kustomize runs no hooks: what was one is an object like any other. */
function withoutHooks(document: string): string {
  return document.replace(/^ +helm\.sh\/hook.*\n/gm, '').replace(/^ +annotations:\n(?! {4})/gm, '');
}

async function formatted({ path, content }: GeneratedFile): Promise<GeneratedFile> {
  const file = join(ROOT, path);
  return { path, content: await format(content, { ...(await resolveConfig(file)), filepath: file }) };
}
