import { mkdir, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobObject } from '../../api/job.ts';
import { CommandError } from '../cluster/command-error.ts';
import { yamlDocuments } from '../manifests/write-objects.ts';

/**
 * Jobs that are about to be deleted and made anew, in a file: a Job's name is taken until the old one is gone, so that
 * there is a moment in which the cluster has neither.
 */
export class SavedJobs {
  readonly path: string;
  readonly #jobs: Map<string, JobObject>;

  private constructor(path: string, jobs: readonly JobObject[]) {
    this.path = path;
    this.#jobs = new Map(jobs.map((job) => [job.metadata.name ?? '', job]));
  }

  /**
   * Writes them into the first of the folders that can be written; nobody else may read it, for Jobs can hold secrets.
   *
   * @param name of the file
   * @throws CommandError if none can be written
   */
  static async save(
    folders: readonly string[],
    name: string,
    jobs: readonly JobObject[],
  ): Promise<SavedJobs> {
    const problems: string[] = [];
    for (const folder of folders) {
      const saved = new SavedJobs(join(folder, name), jobs);
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await saved.#write();
        return saved;
      } catch (error) {
        if (!(error instanceof Error) || !('code' in error)) throw error;
        problems.push(`${folder}: ${String(error.code)}`);
      }
    }
    throw new CommandError(
      `The Jobs cannot be kept in a file while they are deleted and made anew (${problems.join('; ')}), so nothing is done; set XDG_STATE_HOME to a folder that can be written.`,
    );
  }

  /** Keeps another form of one of them: it has been edited meanwhile. */
  async replace(job: JobObject): Promise<void> {
    this.#jobs.set(job.metadata.name ?? '', job);
    await this.#write();
  }

  /** Removes the file: all of them are in the cluster. */
  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }

  async #write(): Promise<void> {
    const text = yamlDocuments([...this.#jobs.values()]);
    const draft = `${this.path}.tmp`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
  }
}

/**
 * Where programs keep what has to outlive them (https://specifications.freedesktop.org/basedir-spec/latest/), and where
 * there is no home, the folder for temporary files.
 */
export function stateFolders(env: Readonly<Record<string, string | undefined>>): string[] {
  const { XDG_STATE_HOME: state = '', HOME: home = '' } = env;
  const base = state !== '' ? state : home !== '' ? join(home, '.local', 'state') : undefined;
  return [...(base === undefined ? [] : [join(base, 'jobflow')]), join(tmpdir(), 'jobflow')];
}
