import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readPath } from '../cluster.ts';

/**
 * The folder with cert-manager's own CustomResourceDefinitions.
 *
 * @returns an absolute path
 * @throws Error with Go's own message when the module cannot be had
 */
export async function certificateCrds(): Promise<string> {
  return join(await moduleFolder('github.com/cert-manager/cert-manager'), 'deploy', 'crds');
}

/**
 * The files with the Prometheus operator's own definitions of ServiceMonitor and PrometheusRule.
 *
 * @returns absolute paths
 * @throws Error with Go's own message when the module cannot be had
 */
export async function monitoringCrds(): Promise<readonly string[]> {
  const folder = await moduleFolder('github.com/prometheus-operator/prometheus-operator');
  return ['servicemonitors', 'prometheusrules'].map((plural) =>
    join(folder, 'example', 'prometheus-operator-crd', `monitoring.coreos.com_${plural}.yaml`),
  );
}

/**
 * A Go module's own files, at the version that go.mod names and go.sum pins. Downloaded at the first call, then from
 * Go's module cache.
 */
async function moduleFolder(module: string): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' },
  });
  const answer: unknown = JSON.parse(stdout);
  const folder = readPath(answer, 'Dir');
  if (typeof folder !== 'string') throw new Error(`go mod download gave no folder for ${module}: ${stdout}`);
  return folder;
}
