import { describeReference, formatReference, type UpstreamKind } from '../../api/dependency-reference.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { didYouMean } from '../view/not-there.ts';

/** What was asked about, as edges name it, or a sentence that says that there is none. */
export type Subject =
  { readonly ok: true; readonly name: string } | { readonly ok: false; readonly sentence: string };

/**
 * Finds what a user asks about. A name alone is that of a Job, else of a JobFlow, else of a DaemonJob; the Job of an
 * entry that its JobFlow has yet to make can be asked about too.
 *
 * @param kind what was written before the slash, if anything was
 */
export function findSubject(
  view: NamespaceView,
  { kind, name }: { readonly kind: UpstreamKind | undefined; readonly name: string },
): Subject {
  const kinds: readonly UpstreamKind[] = kind === undefined ? ['job', 'jobflow', 'daemonjob'] : [kind];
  const known: Readonly<Record<UpstreamKind, readonly string[]>> = {
    job: [...view.parts.keys()].filter((part) => !part.includes('/')),
    jobflow: [...view.flows.keys()],
    daemonjob: [...view.parts.keys()].flatMap((part) =>
      part.startsWith(DAEMON_PREFIX) ? [part.slice(DAEMON_PREFIX.length)] : [],
    ),
  };
  const found = kinds.find((each) => known[each].includes(name));
  if (found !== undefined) return { ok: true, name: formatReference({ kind: found, name }) };
  const what = describeReference(formatReference({ kind: kind ?? 'job', name }));
  const waiting = [...view.parts.values()].filter(({ waitingOn }) =>
    waitingOn.some((on) => 'name' in on && on.name === formatReference({ kind: kind ?? 'job', name })),
  );
  const [first] = waiting;
  const awaited =
    first === undefined
      ? ''
      : `, though ${describeReference(first.name)}${waiting.length > 1 ? ` and ${waiting.length - 1} more wait` : ' waits'} for it`;
  const near = didYouMean(
    name,
    kinds.flatMap((each) => known[each]),
  );
  const mend = near ?? 'create it, or name another, or another namespace with -n.';
  return {
    ok: false,
    sentence: `${what} does not exist in namespace "${view.namespace}"${awaited}; ${mend}`,
  };
}

const DAEMON_PREFIX = 'daemonjob/';
