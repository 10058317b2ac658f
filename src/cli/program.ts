import { Command, CommanderError, type Option } from 'commander';
import { approveCommand } from './commands/approve.ts';
import { completionCommand } from './commands/completion.ts';
import { deleteCommand } from './commands/delete.ts';
import { doctorCommand } from './commands/doctor.ts';
import { graphCommand } from './commands/graph.ts';
import { holdCommand } from './commands/hold.ts';
import { importCommand } from './commands/import.ts';
import { lintCommand } from './commands/lint.ts';
import { resumeCommand } from './commands/resume.ts';
import { logsCommand } from './commands/logs.ts';
import { retryCommand } from './commands/retry.ts';
import { startCommand } from './commands/start.ts';
import { suspendCommand } from './commands/suspend.ts';
import { runCommand } from './commands/run.ts';
import { statusCommand } from './commands/status.ts';
import { treeCommand } from './commands/tree.ts';
import { versionCommand } from './commands/version.ts';
import { whyCommand } from './commands/why.ts';
import { completionAnswer } from './completion/answer.ts';
import { askNames } from './completion/ask-names.ts';
import { COMPLETE_WORD } from './completion/shell-scripts.ts';
import { VERSION } from '../runtime/version.ts';
import { EXIT_CODES, type ExitCode, type Terminal } from './terminal/terminal.ts';

const MORE_HELP = `
Examples:
  jobflow run -f nightly.yaml
  jobflow status
  jobflow why report
  jobflow logs report --follow

jobflow COMMAND --help says what a command takes, with examples.

Exit codes:
  0    all is well
  1    something failed, or has errors
  2    the command line makes no sense
  3    it took longer than it was allowed to
  4    it has not ended yet (status --exit-status)
  130  Ctrl-C`;

/**
 * Runs the program once.
 *
 * @param name how the user calls it: `jobflow` or `kubectl jobflow`
 * @param words what the user wrote after the name
 * @param terminal what it talks to
 * @returns the exit code
 * @throws what no command has a sentence for
 */
export async function runProgram(
  name: string,
  words: readonly string[],
  terminal: Omit<Terminal, 'end'>,
): Promise<ExitCode> {
  let code: ExitCode = EXIT_CODES.ok;
  const program = createProgram(name, {
    ...terminal,
    end: (ended) => {
      code = ended;
    },
  });
  if (words[0] === COMPLETE_WORD) {
    terminal.out(await completionAnswer(program, words.slice(1), askNames));
    return code;
  }
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and the like are no errors; all that commander refuses are words.
    return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
  }
  return code;
}

function createProgram(name: string, terminal: Terminal): Command {
  const program = new Command(name)
    .description('Jobs that wait for each other: checks, shows and follows what jobflow runs.')
    .version(`jobflow ${VERSION}`, '--version', 'the version of this program')
    .commandsGroup('Other commands:')
    .helpCommand('help [command]', 'say what a command takes')
    .addHelpText('after', MORE_HELP);
  for (const [heading, commands] of [
    [
      'Run and look:',
      [
        runCommand(terminal),
        statusCommand(terminal),
        whyCommand(terminal),
        treeCommand(terminal),
        graphCommand(terminal),
        logsCommand(terminal),
      ],
    ],
    [
      'Steer:',
      [
        holdCommand(terminal),
        approveCommand(terminal),
        startCommand(terminal),
        suspendCommand(terminal),
        resumeCommand(terminal),
        retryCommand(terminal),
        deleteCommand(terminal),
      ],
    ],
    ['Files:', [lintCommand(terminal), importCommand(terminal)]],
    ['Other commands:', [doctorCommand(terminal), completionCommand(terminal), versionCommand(terminal)]],
  ] as const) {
    for (const command of commands) program.addCommand(command.helpGroup(heading));
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureHelp({ optionDescription: describeOption })
      .showHelpAfterError(`(${command === program ? name : `${name} ${command.name()}`} --help says more)`)
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err });
  }
  return program;
}

/** What commander says of an option, without the values that mean that it was not written. */
function describeOption({ description, argChoices, defaultValue, presetArg }: Option): string {
  const isStated = typeof defaultValue === 'string' && defaultValue !== '';
  const notes = [
    ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
    ...(isStated ? [`default: ${defaultValue}`] : []),
    ...(typeof presetArg === 'string' ? [`without a value: ${presetArg}`] : []),
  ];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}
