import type { FlowRecord } from '../../src/core/flow/flow-record.ts';
import type { JobRecord } from '../../src/core/job-record.ts';
import type { Change } from '../../src/kube/store-change.ts';

/** Which JobFlows and Jobs use which JobTemplate. It decides nothing. */
export class TemplateUses {
  readonly #users = new Map<string, Set<string>>();

  /**
   * Takes in one change of a JobFlow.
   *
   * @returns the keys of the templates of which the users are others now
   */
  handleFlow({ kind, record, previous }: Change<FlowRecord>): readonly string[] {
    const before = previous === undefined ? [] : templatesOf(previous);
    const uses = kind === 'deleted' || hasEnded(record) ? [] : templatesOf(record);
    return this.#place(`JobFlow/${record.name}`, new Set(uses), new Set([...before, ...templatesOf(record)]));
  }

  /** Takes in one change of a Job. Those that a JobFlow controls count with their flow. */
  handleJob({ kind, record, previous }: Change<JobRecord>): readonly string[] {
    const before = previous && templateOf(previous);
    const now = templateOf(record);
    if (before === undefined && now === undefined) return NONE;
    const uses = kind === 'deleted' || hasEnded(record) || now === undefined ? [] : [now];
    const known = [before, now].filter((key) => key !== undefined);
    return this.#place(`Job/${record.name}`, new Set(uses), new Set(known));
  }

  /** What uses a template and has not ended: `JobFlow/NAME`, `Job/NAME`. */
  of(key: string): ReadonlySet<string> {
    return this.#users.get(key) ?? NOBODY;
  }

  /** @param known every template that the user uses, or used when it was last seen */
  #place(user: string, uses: ReadonlySet<string>, known: ReadonlySet<string>): string[] {
    return [...known].filter((key) => {
      const users = this.#users.get(key) ?? new Set<string>();
      if (users.has(user) === uses.has(key)) return false;
      if (uses.has(key)) users.add(user);
      else users.delete(user);
      if (users.size === 0) this.#users.delete(key);
      else this.#users.set(key, users);
      return true;
    });
  }
}

const NONE: readonly string[] = [];
const NOBODY: ReadonlySet<string> = new Set();

function hasEnded({ outcome, deletedMs }: Pick<JobRecord, 'outcome' | 'deletedMs'>): boolean {
  return outcome !== undefined || deletedMs !== undefined;
}

function templatesOf({ namespace, spec }: FlowRecord): string[] {
  return (spec.flows ?? []).flatMap(({ jobTemplateRef: name }) =>
    typeof name === 'string' && name !== '' ? `${namespace}/${name}` : [],
  );
}

function templateOf({ namespace, owner, terms }: JobRecord): string | undefined {
  return terms?.template === undefined || owner?.kind === 'JobFlow'
    ? undefined
    : `${namespace}/${terms.template}`;
}
