import { parseReference } from '../../api/dependency-reference.ts';
import type { Evidence } from './evidence.ts';
import type { Cause, Remark } from './cause.ts';
import { goesOnByItself } from './cause.ts';
import type { Explanation, Link, Root } from './explanation.ts';
import { linkOfFlow } from './flow-link.ts';
import { FoundEvidence } from './found.ts';
import { linkOfPart } from './part-link.ts';
import { remarksOn } from './remarks.ts';
import type { LinkDraft, Tracing } from './tracing.ts';

/**
 * Says why something has not started, or has ended as it has: follows what it waits for to those that really hold it.
 * Pure. What is not yet known is listed under `needs`; once that is read, the same question has a better answer, and
 * when nothing is needed any more, the best there is.
 *
 * @param evidence what is known
 * @param subject what is asked about, as edges name it
 */
export function explain(evidence: Evidence, subject: string): Explanation {
  const found = new FoundEvidence(evidence);
  const links = new Map<string, Link>();
  /** From which link each was first met. */
  const cameFrom = new Map<string, string>();
  // The nearest first, and without recursion: a chain may have ten thousand Jobs.
  const queue: string[] = [subject];
  const met = new Set(queue);
  // What is met on the way is gone through as well.
  for (const key of queue) {
    const meet = (upstream: string): boolean => {
      if (met.has(upstream)) return false;
      met.add(upstream);
      cameFrom.set(upstream, key);
      return true;
    };
    const tracing: Tracing = {
      evidence,
      found,
      follow: (name, wants) => {
        if (meet(name)) queue.push(name);
        return { key: name, wants };
      },
      add: (link, wants) => {
        const own = `${link.name} (${link.state})`;
        if (meet(own)) links.set(own, whole(link));
        return { key: own, wants };
      },
    };
    links.set(key, whole(linkOf(key, tracing)));
  }
  const first = links.get(subject);
  const remarks: readonly Remark[] = first === undefined ? [] : remarksOn(first, evidence, found);
  return {
    subject,
    links,
    roots: rootsOf(links, cameFrom),
    remarks,
    needs: found.needs,
    forbidden: found.forbidden,
  };
}

function linkOf(name: string, tracing: Tracing): LinkDraft {
  return parseReference(name)?.kind === 'jobflow' ? linkOfFlow(name, tracing) : linkOfPart(name, tracing);
}

function whole({ name, state, sinceMs, causes = [], upstreams = [] }: LinkDraft): Link {
  return { name, state, sinceMs, causes, upstreams };
}

/** What needs somebody comes before what only takes its time; among those, what is nearest. */
function rootsOf(links: ReadonlyMap<string, Link>, cameFrom: ReadonlyMap<string, string>): Root[] {
  const roots = [...links].flatMap(([key, { name, causes }]) =>
    causes.map((cause): Root => ({ name, cause, path: pathTo(key, links, cameFrom) })),
  );
  const told = new Set<string>();
  const once = roots.filter(({ cause }) => {
    const shared = sharedBy(cause);
    if (shared === undefined) return true;
    const isNew = !told.has(shared);
    told.add(shared);
    return isNew;
  });
  return [
    ...once.filter(({ cause }) => !goesOnByItself(cause)),
    ...once.filter(({ cause }) => goesOnByItself(cause)),
  ];
}

/** What the causes of several objects have in common that are one and the same: a flow that holds all its Jobs. */
function sharedBy(cause: Cause): string | undefined {
  if ('flow' in cause) return `${cause.kind} ${cause.flow}`;
  switch (cause.kind) {
    case 'stalled':
    case 'notObserved':
      return `${cause.kind} ${cause.object}`;
    case 'cycle':
      return [...new Set(cause.path)].sort().join();
    default:
      return undefined;
  }
}

function pathTo(
  key: string,
  links: ReadonlyMap<string, Link>,
  cameFrom: ReadonlyMap<string, string>,
): string[] {
  const path: string[] = [];
  for (let at: string | undefined = key; at !== undefined; at = cameFrom.get(at)) {
    path.push(links.get(at)?.name ?? at);
  }
  return path.reverse();
}
