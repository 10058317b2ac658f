import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, stringify } from 'yaml';
import type { Document } from 'yaml';
import { USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { DURATION_ANNOTATION } from '../../support/cluster.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

/** A file with manifests, as a user applies it. */
export class ManifestFile {
  readonly name: string;
  readonly text: string;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  /** The same file, with pods that run until the test ends them. */
  withEndlessPods(): ManifestFile {
    return this.#mapped((document) => {
      for (const path of [
        ['spec', 'template'],
        ['spec', 'jobTemplate', 'template'],
        ['spec', 'jobTemplate', 'spec', 'template'],
      ]) {
        const annotation = [...path, 'metadata', 'annotations', DURATION_ANNOTATION];
        if (document.hasIn(annotation)) document.setIn(annotation, '24h');
      }
    });
  }

  /** The same file, with `suspend: true` in every Job that waits. */
  statingSuspend(): ManifestFile {
    return this.#mapped((document) => {
      if (waits(document)) document.setIn(['spec', 'suspend'], true);
    });
  }

  /** The part of the file that holds what waits or is otherwise jobflow's: a plain Job cannot be replaced at all. */
  onlyAnnotatedJobs(): ManifestFile {
    return this.#filtered((document) => kindOf(document) === 'Job' && isAnnotated(document));
  }

  /** The part of the file without the resources that its Jobs name. */
  onlyJobs(): ManifestFile {
    return this.#filtered((document) => !['JobFlow', 'JobTemplate'].includes(kindOf(document)));
  }

  /** The names of its resources of one kind. */
  namesOf(kind: string): string[] {
    return this.#documents()
      .filter((document) => kindOf(document) === kind)
      .map((document) => String(document.getIn(['metadata', 'name'])));
  }

  #mapped(change: (document: Document) => void): ManifestFile {
    const documents = this.#documents();
    documents.forEach(change);
    return new ManifestFile(this.name, textOf(documents));
  }

  #filtered(keep: (document: Document) => boolean): ManifestFile {
    return new ManifestFile(this.name, textOf(this.#documents().filter(keep)));
  }

  #documents(): Document[] {
    return parseAllDocuments(this.text).filter((document) => document.contents !== null);
  }
}

/** Every file of the folder `examples` with manifests, in order of their names. */
export async function exampleFiles(): Promise<ManifestFile[]> {
  const names = (await readdir(EXAMPLES)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(
    names.map(async (name) => new ManifestFile(name, await readFile(join(EXAMPLES, name), 'utf8'))),
  );
}

function textOf(documents: readonly Document[]): string {
  return documents.map((document) => stringify(document.toJS())).join('---\n');
}

function kindOf(document: Document): string {
  return String(document.getIn(['kind']));
}

function isAnnotated(document: Document): boolean {
  return Object.values(USER_ANNOTATIONS).some((key) => document.hasIn(['metadata', 'annotations', key]));
}

function waits(document: Document): boolean {
  return [USER_ANNOTATIONS.dependsOn, USER_ANNOTATIONS.hold].some((key) =>
    document.hasIn(['metadata', 'annotations', key]),
  );
}
