import { coloured, type Terminal } from '../terminal/terminal.ts';
import { flowState } from '../view/concerned-parts.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import { inColourOf } from '../view/state-looks.ts';
import { tableLines, type Cell } from '../view/text-table.ts';
import type { RetryStep } from './plan-retry.ts';

/** Names that one cell holds. */
const SHOWN = 5;

/** What a retry would do as a table, a line for each object in the order in which they are run again. */
export function planTable(steps: readonly RetryStep[], view: NamespaceView, terminal: Terminal): string {
  const grey = (text: string): string => coloured(terminal, 'grey', text);
  const header: Cell[] = ['', 'NAME', 'STATE', 'WHY'].map((text) => ({ text, paint: grey }));
  const rows = steps.map((step, index) => [
    { text: String(index + 1) },
    { text: step.unit.id },
    stateCell(step, view, terminal),
    { text: reasonOf(step, view) },
  ]);
  return tableLines([header, ...rows])
    .map((line) => `${line}\n`)
    .join('');
}

function stateCell({ unit }: RetryStep, { parts, flows }: NamespaceView, terminal: Terminal): Cell {
  const flow = unit.kind === 'jobflow' ? flows.get(unit.name)?.record : undefined;
  const state = flow === undefined ? parts.get(unit.id)?.state : flowState(flow);
  return {
    text: state ?? '',
    paint: (text) => (state === undefined ? text : inColourOf(state, text, terminal)),
  };
}

function reasonOf({ unit, because }: RetryStep, { parts }: NamespaceView): string {
  switch (because.kind) {
    case 'follows':
      return `because of ${because.upstream}`;
    case 'upstream':
      return `${because.of} failed because of it`;
    case 'named': {
      if (unit.kind === 'jobflow') return againIn(unit.again, unit.id);
      const reason = parts.get(unit.id)?.ending?.reason ?? '';
      return reason === '' ? 'is named' : reason;
    }
  }
}

function againIn(again: ReadonlySet<string>, id: string): string {
  const jobs = [...again].filter((name) => name !== id);
  const more = jobs.length > SHOWN ? ` and ${jobs.length - SHOWN} more` : '';
  return `runs again: ${jobs.slice(0, SHOWN).join(', ')}${more}`;
}
