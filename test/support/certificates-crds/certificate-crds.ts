import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readPath } from '../cluster.ts';

const MODULE = 'github.com/cert-manager/cert-manager';

/**
 * The folder with cert-manager's own CustomResourceDefinitions, as its Go module carries them, at the version that
 * go.mod names and go.sum pins. Downloaded at the first call, then from Go's module cache.
 *
 * @returns an absolute path
 * @throws Error with Go's own message when the module cannot be had
 */
export async function certificateCrds(): Promise<string> {
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', MODULE], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' },
  });
  const answer: unknown = JSON.parse(stdout);
  const folder = readPath(answer, 'Dir');
  if (typeof folder !== 'string') throw new Error(`go mod download gave no folder for ${MODULE}: ${stdout}`);
  return join(folder, 'deploy', 'crds');
}
