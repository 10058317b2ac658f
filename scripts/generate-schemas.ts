/*
 * `node scripts/bootstrap.mjs schemas`: writes the CRDs, the JSON schemas and the types of jobflow's resources, with
 * the JobSpec as the API server of the local cluster describes it. With `--check` it writes nothing and fails when
 * a file differs.
 */
import './end-with-parent.ts';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { readPath, startCluster } from '../test/support/cluster.ts';
import { generateOutputs } from './generate-schemas/outputs.ts';
import { ROOT } from './run-tool.ts';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const { openApi, version } = await askApiServer();
const stale: string[] = [];
for (const { path, content } of generateOutputs(openApi, version)) {
  const file = join(ROOT, path);
  const text = await format(content, { ...(await resolveConfig(file)), filepath: file });
  if (text === (await readFile(file, 'utf8').catch(() => undefined))) continue;
  stale.push(path);
  if (!values.check) await writeFile(file, text);
}
report();

async function askApiServer(): Promise<{ openApi: unknown; version: string }> {
  const cluster = await startCluster({
    nodes: 0,
    log: (line) => {
      console.error(line);
    },
  });
  try {
    const answered = readPath(await cluster.api.demand('GET', '/version'), 'gitVersion');
    return {
      openApi: await cluster.api.demand('GET', '/openapi/v3/apis/batch/v1'),
      version: String(answered),
    };
  } finally {
    await cluster.stop();
  }
}

function report(): void {
  if (stale.length === 0) {
    console.log(`The schemas are those of Kubernetes ${version}.`);
  } else if (values.check) {
    console.error(
      `These differ from what Kubernetes ${version} gives:\n  ${stale.join('\n  ')}\nRun: node scripts/bootstrap.mjs schemas`,
    );
    process.exitCode = 1;
  } else {
    console.log(`Written, from Kubernetes ${version}:\n  ${stale.join('\n  ')}`);
  }
}
