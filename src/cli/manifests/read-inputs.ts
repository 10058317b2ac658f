import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The text of one file, or why it cannot be had. */
export type Input =
  | { readonly ok: true; readonly file: string; readonly text: string }
  | {
      readonly ok: false;
      readonly file: string;
      /** As the rest of a sentence: `cannot be read, because there is no such file; …`. */
      readonly problem: string;
    };

/** What reading needs. */
export interface InputSource {
  /** Reads the standard input to its end. */
  readonly readInput: () => Promise<Uint8Array>;
  /** Whether folders within a folder are read too. */
  readonly recursive: boolean;
}

/** The standard input, as kubectl writes it, and what messages call it. */
const STANDARD_INPUT = '-';
const STANDARD_INPUT_NAME = 'stdin';

/** What kubectl takes from a folder (k8s.io/cli-runtime, pkg/resource, FileExtensions). */
const EXTENSIONS = /\.(json|yaml|yml)$/;

/**
 * Reads files, folders and the standard input, as `kubectl apply -f` does: of a folder the files that end in
 * `.json`, `.yaml` or `.yml`, by name. Never throws for what cannot be read: that is told in its place.
 *
 * @param paths what the user names; `-` is the standard input
 */
export async function readInputs(paths: readonly string[], source: InputSource): Promise<Input[]> {
  const inputs: Input[] = [];
  // A file that is named twice is read once; the standard input has only one end.
  for (const path of new Set(paths)) {
    if (path === STANDARD_INPUT) inputs.push(decode(STANDARD_INPUT_NAME, await source.readInput()));
    else inputs.push(...(await readPath(path, source)));
  }
  return inputs;
}

async function readPath(path: string, { recursive }: InputSource): Promise<Input[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [await readOne(path)];
    const files = await filesIn(path, recursive);
    if (files.length === 0) {
      return [
        { ok: false, file: path, problem: 'is a folder without a file that ends in .yaml, .yml or .json' },
      ];
    }
    const inputs: Input[] = [];
    for (const file of files) inputs.push(await readOne(file));
    return inputs;
  } catch (error) {
    return [unreadable(path, error)];
  }
}

async function filesIn(folder: string, recursive: boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive });
  return entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function readOne(file: string): Promise<Input> {
  try {
    return decode(file, await readFile(file));
  } catch (error) {
    return unreadable(file, error);
  }
}

function decode(file: string, bytes: Uint8Array): Input {
  try {
    return { ok: true, file, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, file, problem: 'is not text in UTF-8; save it as UTF-8' };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder; correct the path',
  ENOTDIR: 'a part of its path is no folder; correct the path',
  EACCES: 'you may not read it; change its rights',
  EPERM: 'you may not read it; change its rights',
  EISDIR: 'it is a folder; name a file',
  ELOOP: 'its links lead in a circle; mend them',
};

function unreadable(file: string, error: unknown): Input {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === '') throw error;
  return { ok: false, file, problem: `cannot be read, because ${REASONS[code] ?? `of ${code}; see to it`}` };
}
