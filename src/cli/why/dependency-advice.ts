import { formatDependencies } from '../../api/dependency-list.ts';
import { describeReference } from '../../api/dependency-reference.ts';
import { USER_ANNOTATIONS } from '../../api/names.ts';
import { inShell } from '../cluster/cluster-options.ts';
import type { Advice, AdviceInput } from './advice-input.ts';
import { kindAndName } from './kind-and-name.ts';

/** The list of the one that waits, with the name that was most likely meant. */
export function correctDependency(
  name: string,
  near: readonly string[],
  dependent: string | undefined,
  { view, same }: AdviceInput,
): Advice[] {
  const part = dependent === undefined ? undefined : view.parts.get(dependent);
  const [meant] = near;
  if (dependent === undefined || part === undefined || meant === undefined) return [];
  if (part.record?.owner?.kind === 'JobFlow') return [];
  const edges = part.edges.map((edge) => (edge.name === name ? { ...edge, name: meant } : edge));
  return [
    {
      say: `If ${describeReference(meant)} is meant:`,
      command: `kubectl annotate ${kindAndName(dependent)} ${USER_ANNOTATIONS.dependsOn}=${inShell(formatDependencies(edges))} --overwrite${same}`,
    },
  ];
}

/** The upstream is to be made, or done without. */
export function createOrIgnore(name: string, dependent: string | undefined, { same }: AdviceInput): Advice[] {
  return [
    { say: `Create ${describeReference(name)}:`, command: `kubectl apply -f FILE${same}` },
    ...(dependent === undefined
      ? []
      : [
          {
            say: `Or start ${describeReference(dependent)} without waiting for anything:`,
            command: `jobflow start ${dependent} --ignore-dependencies${same}`,
          },
        ]),
  ];
}

/** One edge of the cycle, taken out of the list of the one that it begins at. */
export function breakCycle(path: readonly string[], { view, same }: AdviceInput): Advice[] {
  const [from = '', to = ''] = path;
  const part = view.parts.get(from);
  if (part?.record?.owner?.kind === 'JobFlow') {
    const flow = `jobflow/${part.record.owner.name}`;
    return [
      {
        say: 'Take one of these dependencies out of the JobFlow:',
        command: `kubectl edit ${kindAndName(flow)}${same}`,
      },
    ];
  }
  const rest = part?.edges.filter(({ name }) => name !== to) ?? [];
  const change =
    rest.length === 0
      ? `${USER_ANNOTATIONS.dependsOn}-`
      : `${USER_ANNOTATIONS.dependsOn}=${inShell(formatDependencies(rest))} --overwrite`;
  return [
    {
      say: `Break it at one place, such as where ${describeReference(from)} waits for ${describeReference(to)}:`,
      command: `kubectl annotate ${kindAndName(from)} ${change}${same}`,
    },
  ];
}
