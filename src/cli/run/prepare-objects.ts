import { withDeletionAfter } from '../apply/delete-after.ts';
import type { RunInput } from '../apply/read-run-input.ts';
import { unreachedByVariables, withVariables, type Variables } from '../apply/set-env.ts';
import type { ToApply } from '../apply/to-apply.ts';
import { CommandError } from '../cluster/command-error.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';

/** What the words on the command line ask for. */
export interface RunPlan {
  readonly paths: readonly string[];
  readonly timeoutMs: number | undefined;
  readonly deleteAfterSeconds: number | undefined;
  readonly variables: Variables;
}

/**
 * The objects to apply, with what the options change in them.
 *
 * @throws CommandError if there are none
 */
export function prepareObjects(
  { objects }: RunInput,
  { variables, deleteAfterSeconds }: RunPlan,
  terminal: Terminal,
): ToApply[] {
  if (objects.length === 0)
    throw new CommandError(
      'There is no object in what was read; name files of manifests with -f.',
      EXIT_CODES.usage,
    );
  if (variables.size > 0) {
    for (const sentence of unreachedByVariables(objects)) terminal.err(`${sentence}\n`);
  }
  return objects.map((object) => {
    const set = withVariables(object, variables);
    return deleteAfterSeconds === undefined ? set : withDeletionAfter(set, deleteAfterSeconds);
  });
}
