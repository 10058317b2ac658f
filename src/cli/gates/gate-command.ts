import type { Command } from 'commander';
import type { UpstreamKind } from '../../api/dependency-reference.ts';
import { withClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { withCluster, type Session } from '../cluster/session.ts';
import { dryRunOption, objectsOption, selectorOption } from '../options/target-options.ts';
import { assertChoice } from '../targets/choose-targets.ts';
import type { DryRun } from '../targets/dry-run.ts';
import type { ObjectForm } from '../targets/written-object.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { GateVerb } from './tell-edit.ts';
import { workGates, type GateWork } from './work-gates.ts';

/** The options of all commands that open or shut gates. */
export interface GateOptions extends ClusterOptions {
  readonly selector?: string;
  readonly dryRun: DryRun;
  readonly output?: ObjectForm;
}

/** Adds `-l`, `--dry-run`, `-o` and the options for the cluster to a command, as kubectl has them. */
export function withGateOptions(command: Command): Command {
  return withClusterOptions(
    command
      .addOption(selectorOption())
      .addOption(dryRunOption('only try it: by itself, or at the API server, which stores nothing'))
      .addOption(objectsOption()),
  );
}

/** What a command does about each object. */
export interface GateAction<Options extends GateOptions> {
  readonly verb: GateVerb;
  /** The kinds that it is for. A name alone is looked for among them in this order. */
  readonly kinds: readonly UpstreamKind[];
  /** Called once the words on the command line have been found to make sense. */
  readonly deciding: (session: Session, options: Options) => GateWork['decide'] | Promise<GateWork['decide']>;
}

/** The action of a command that opens or shuts gates. */
export function gateAction<Options extends GateOptions>(
  terminal: Terminal,
  { verb, kinds, deciding }: GateAction<Options>,
): (words: string[], options: Options) => Promise<void> {
  return (words, options) =>
    withCluster(terminal, options, async (session) => {
      const { selector, dryRun, output } = options;
      const choice = { words, selector, kinds };
      assertChoice(choice);
      const decide = await deciding(session, options);
      await workGates(session, terminal, { verb, choice, decide, dryRun, output });
    });
}
