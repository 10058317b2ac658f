import { textAt } from '../../core/admission/flow/named-list.ts';
import { readRunInput } from '../apply/read-run-input.ts';
import type { ToApply } from '../apply/to-apply.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { formatObjects } from '../manifests/write-objects.ts';
import { prepareObjects, type RunPlan } from './prepare-objects.ts';
import type { RunWords } from './run-options.ts';

/**
 * Shows what would be applied, without asking a cluster.
 *
 * @throws CommandError
 */
export async function dryRunHere(words: RunWords, plan: RunPlan, terminal: Terminal): Promise<void> {
  const statedNamespace = words.namespace;
  const namespace = statedNamespace ?? 'default';
  const { readInput } = terminal;
  const input = await readRunInput(
    plan.paths,
    { readInput, recursive: words.recursive, statedNamespace, namespace },
    terminal,
  );
  if (input.hasErrors) {
    terminal.end(EXIT_CODES.failed);
    return;
  }
  const objects = prepareObjects(input, plan, terminal);
  switch (words.output) {
    case 'json':
    case 'yaml':
      terminal.out(
        formatObjects(
          objects.map(({ object }) => object),
          words.output,
        ),
      );
      return;
    case 'name':
      terminal.out(objects.map((target) => `${labelOf(target)}\n`).join(''));
      return;
    case undefined:
      terminal.out(objects.map((target) => `${labelOf(target)} created (dry run)\n`).join(''));
  }
}

/** `job.batch/a`, as far as it can be told without the cluster. */
function labelOf({ apiVersion, kind, name, object }: ToApply): string {
  const [group] = apiVersion.includes('/') ? apiVersion.split('/') : [''];
  const shown = name === '' ? textAt(object.metadata, 'generateName') : name;
  return `${kind.toLowerCase()}${group === '' || group === undefined ? '' : `.${group}`}/${shown}`;
}
