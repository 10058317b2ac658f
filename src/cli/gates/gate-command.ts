import { Option, type Command } from 'commander';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import type { DryRun } from '../targets/dry-run.ts';
import { OBJECT_FORMS, type ObjectForm } from '../targets/written-object.ts';

/** The options that all commands have that change objects by name. */
export interface GateOptions extends ClusterOptions {
  readonly selector?: string;
  readonly dryRun: DryRun;
  readonly output?: ObjectForm;
}

/** Adds `-l`, `--dry-run`, `-o` and the options for the cluster to a command, as kubectl has them. */
export function withGateOptions(command: Command): Command {
  return withClusterOptions(
    command
      .option('-l, --selector <LABELS>', 'objects with these labels, in place of names: team=etl,tier!=test')
      .addOption(
        new Option('--dry-run [WHERE]', 'only try it: by itself, or at the API server, which stores nothing')
          .choices(['none', 'client', 'server'])
          .default('none')
          .preset('client'),
      )
      .addOption(
        new Option('-o, --output <FORM>', 'print the objects in place of what was done').choices(
          OBJECT_FORMS,
        ),
      ),
  );
}
