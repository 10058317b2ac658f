import type { JobMetadata } from '../../api/job.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import { referenceTo, type Target } from '../targets/target.ts';

/** What one write changes of an object. */
export interface GateEdit {
  /** Annotations to set, or with null to remove. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly suspend?: boolean;
}

/** What a command decides about one object. */
export type GateDecision =
  /** The writes, one after the other. */
  | { readonly kind: 'edit'; readonly edits: readonly [GateEdit, ...GateEdit[]] }
  /** It is as it should be. */
  | { readonly kind: 'nothing'; readonly sentence: string }
  | { readonly kind: 'refused'; readonly sentence: string };

/** The object as it is after its edits; the API server may of course have more to say. */
export function withEdits(target: Target, edits: readonly GateEdit[]): Target {
  return edits.reduce(withEdit, target);
}

/** A namespace with some of its objects in place of those of the same kind and name. */
export function withTargets(objects: NamespaceObjects, targets: readonly Target[]): NamespaceObjects {
  const edited = new Map(targets.map((target) => [referenceTo(target), target]));
  const pick = <T extends { readonly metadata: JobMetadata }>(
    kind: Target['kind'],
    all: readonly T[],
  ): readonly T[] =>
    all.map((object) => {
      const name = object.metadata.name ?? '';
      return (edited.get(referenceTo({ kind, name }))?.object as T | undefined) ?? object;
    });
  return {
    ...objects,
    jobs: pick('job', objects.jobs),
    flows: pick('jobflow', objects.flows),
    daemons: pick('daemonjob', objects.daemons),
  };
}

/**
 * The body of a merge patch (https://www.rfc-editor.org/rfc/rfc7396). It states what it was decided on: the API server
 * answers 409 if the object has changed since, or is another of the same name.
 */
export function patchBody({ uid, resourceVersion }: JobMetadata, { annotations, suspend }: GateEdit): object {
  return {
    metadata: { uid, resourceVersion, ...(annotations !== undefined && { annotations }) },
    ...(suspend !== undefined && { spec: { suspend } }),
  };
}

function withEdit(target: Target, { annotations, suspend }: GateEdit): Target {
  const { object } = target;
  const kept = Object.entries({ ...object.metadata.annotations, ...annotations }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const edited = {
    ...object,
    metadata: { ...object.metadata, annotations: Object.fromEntries(kept) },
    ...(suspend !== undefined && { spec: { ...object.spec, suspend } }),
  };
  return { ...target, object: edited } as Target;
}
