import { stringify } from 'yaml';
import type { Terminal } from '../terminal/terminal.ts';
import { tableLines, withColumnCut, type Cell } from '../view/text-table.ts';
import type { Section } from './select-parts.ts';
import { partReport, resourceName, statusReport } from './status-report.ts';
import { flowHeading, headerCells, rowCells, waitingColumn } from './status-table.ts';

/** How the status is written. */
export interface StatusForm {
  readonly output: 'table' | 'wide' | 'json' | 'yaml' | 'name';
  readonly hasHeaders: boolean;
  readonly hasNamespaces: boolean;
}

/**
 * The status as lines. A table that is not wide fits into the terminal, if need be with fewer names of what Jobs wait for.
 *
 * @param nowMs the time, in milliseconds since the epoch
 */
export function statusLines(
  sections: readonly Section[],
  form: StatusForm,
  { nowMs, terminal }: { readonly nowMs: number; readonly terminal: Terminal },
): string[] {
  switch (form.output) {
    case 'json':
      return JSON.stringify(statusReport(sections, nowMs), undefined, 2).split('\n');
    case 'yaml':
      return asYaml(statusReport(sections, nowMs));
    case 'name':
      return sections.flatMap(({ parts }) => parts.flatMap((part) => resourceName(part) ?? []));
    case 'table':
    case 'wide':
      return tables(sections, form, nowMs, terminal);
  }
}

/** What is written of one Job that has changed, as lines; of a table the cells. */
export function changeLines(
  { namespace, part }: { readonly namespace: string; readonly part: Section['parts'][number] },
  output: 'json' | 'yaml' | 'name',
  nowMs: number,
): string[] {
  switch (output) {
    case 'json':
      return [JSON.stringify(partReport(namespace, part, nowMs))];
    case 'yaml':
      return ['---', ...asYaml(partReport(namespace, part, nowMs))];
    case 'name':
      return [resourceName(part) ?? []].flat();
  }
}

/** What is of one JobFlow comes together, under a heading; all else in one table. */
function tables(sections: readonly Section[], form: StatusForm, nowMs: number, terminal: Terminal): string[] {
  const shape = { wide: form.output === 'wide', hasNamespaces: form.hasNamespaces };
  const rowsOf = ({ namespace, parts }: Section): Cell[][] =>
    parts.map((part) => rowCells({ namespace, part, nowMs }, shape, terminal));
  const table = (rows: readonly Cell[][]): string[] => {
    if (rows.length === 0) return [];
    const all = form.hasHeaders ? [headerCells(shape, terminal), ...rows] : rows;
    const width = shape.wide ? undefined : terminal.size()?.columns;
    return tableLines(width === undefined ? all : withColumnCut(all, waitingColumn(shape), width));
  };
  const blocks = sections.flatMap((section) => {
    if (section.flow === undefined) return [];
    const heading = form.hasHeaders ? [flowHeading(section.flow, terminal)] : [];
    return [[...heading, ...table(rowsOf(section))]];
  });
  const others = table(sections.filter(({ flow }) => flow === undefined).flatMap(rowsOf));
  const shown = [...blocks, others].filter((lines) => lines.length > 0);
  return shown.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function asYaml(value: object): string[] {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n');
}
