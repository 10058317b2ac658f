import { API_GROUP, API_VERSION } from '../../api/names.ts';
import { formatObjects } from '../manifests/write-objects.ts';
import type { Target } from './target.ts';

/** The forms in which a command prints the objects that it has written, beside its own sentences. */
export const OBJECT_FORMS = ['name', 'json', 'yaml'] as const;

/** One of the {@link OBJECT_FORMS}. */
export type ObjectForm = (typeof OBJECT_FORMS)[number];

const TYPES = {
  job: { apiVersion: 'batch/v1', kind: 'Job' },
  jobflow: { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: 'JobFlow' },
  daemonjob: { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: 'DaemonJob' },
} as const;

/** Objects as kubectl prints them: by their names, one as it is, several in a List. */
export function writtenObjects(targets: readonly Target[], form: ObjectForm): string {
  if (form === 'name') return targets.map((target) => `${nameOf(target)}\n`).join('');
  return targets.length === 0 ? '' : formatObjects(targets.map(wholeObject), form);
}

/** `job.batch/report`, `jobflow.api.practice.com/etl`. */
function nameOf({ kind, name }: Target): string {
  return `${kind}.${kind === 'job' ? 'batch' : API_GROUP}/${name}`;
}

/** With its type, which an element of a list lacks. */
function wholeObject({ kind, object }: Target): object {
  return { ...TYPES[kind], ...object };
}
