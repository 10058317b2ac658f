import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Json } from '../../../src/api/job.ts';

/** What a health check of Argo CD says of an object. */
export type Health = { readonly status: string; readonly message: string };

/**
 * Runs a health check of Argo CD on an object, with the Lua that Argo CD uses (github.com/yuin/gopher-lua, at the
 * version that go.mod names; built at the first call).
 *
 * @param script the body of the check, which finds the object as `obj` and returns `status` and `message`
 * @throws Error with Lua's own message
 */
export async function runHealth(script: string, object: Json): Promise<Health> {
  const folder = await mkdtemp(join(tmpdir(), 'jobflow-lua-'));
  try {
    const file = join(folder, 'health.lua');
    await writeFile(
      file,
      [
        `local obj = ${luaOf(object)}`,
        `local function health()\n${script}\nend`,
        'local said = health()',
        'io.write(said.status, "\\n", said.message or "")',
      ].join('\n'),
    );
    const { stdout } = await promisify(execFile)('go', ['tool', 'glua', file], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', GOWORK: 'off' },
    });
    const [status = '', ...message] = stdout.split('\n');
    return { status, message: message.join('\n') };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A value as Lua writes it. Lua has no null: what is null is absent, as it is for Argo CD. */
function luaOf(value: Json): string {
  if (value === null) return 'nil';
  if (typeof value === 'string') return luaString(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `{${value.map(luaOf).join(', ')}}`;
  return `{${Object.entries(value)
    .map(([key, inner]) => `[${luaString(key)}] = ${luaOf(inner)}`)
    .join(', ')}}`;
}

/** Every byte that is not plain is written by its number, which Lua takes everywhere. */
function luaString(text: string): string {
  return `"${[...Buffer.from(text)]
    .map((byte) =>
      byte >= 32 && byte < 127 && byte !== 34 && byte !== 92
        ? String.fromCharCode(byte)
        : `\\${String(byte).padStart(3, '0')}`,
    )
    .join('')}"`;
}
