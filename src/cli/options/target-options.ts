import { Option } from 'commander';
import { OBJECT_FORMS } from '../targets/written-object.ts';

/** `-l`: the objects that a command is for by their labels. */
export function selectorOption(): Option {
  return new Option(
    '-l, --selector <LABELS>',
    'objects with these labels, in place of names: team=etl,tier!=test',
  );
}

/** `-y`: of a command that asks before it does what cannot be undone. */
export function yesOption(): Option {
  return new Option('-y, --yes', 'do not ask').default(false);
}

/**
 * `--dry-run`, as kubectl has it.
 *
 * @param description what it does here
 */
export function dryRunOption(description: string): Option {
  return new Option('--dry-run [WHERE]', description)
    .choices(['none', 'client', 'server'])
    .default('none')
    .preset('client');
}

/** `-o`: the objects that a command has written. */
export function objectsOption(): Option {
  return new Option('-o, --output <FORM>', 'print the objects in place of what was done').choices(
    OBJECT_FORMS,
  );
}
