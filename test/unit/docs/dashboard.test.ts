import { expect } from 'chai';
import { readFile } from 'node:fs/promises';

const DASHBOARD = new URL('../../../helm/jobflow/files/dashboard.json', import.meta.url);
const METRICS_PAGE = new URL('../../../docs/metrics.md', import.meta.url);

const metricsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/\bjobflow_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, '')));

describe("Grafana's dashboard", () => {
  it('shows metrics that there are', async () => {
    const known = metricsIn(await readFile(METRICS_PAGE, 'utf8'));
    const shown = metricsIn(await readFile(DASHBOARD, 'utf8'));
    expect(shown.size).to.be.greaterThan(10);
    expect([...shown].filter((name) => !known.has(name))).to.deep.equal([]);
  });

  it('has no two panels with one id, and none without a description', async () => {
    const { panels } = JSON.parse(await readFile(DASHBOARD, 'utf8')) as {
      panels: readonly { id: number; type: string; description?: string }[];
    };
    expect(new Set(panels.map(({ id }) => id)).size).to.equal(panels.length);
    expect(panels.filter(({ type, description }) => type !== 'row' && !description)).to.deep.equal([]);
  });
});
