import type { Argument, Command, Option } from 'commander';

/** A word that may stand where the cursor is. */
export interface Choice {
  readonly value: string;
  /** One line; empty where there is nothing to say. */
  readonly description: string;
}

/** What the cluster has names of. */
export type NamedKind = 'jobs' | 'jobflows' | 'daemonjobs' | 'cronjobs' | 'namespaces';

/** What may stand where the cursor is. */
export type Completion =
  | { readonly kind: 'choices'; readonly choices: readonly Choice[] }
  | { readonly kind: 'names'; readonly wanted: WantedNames }
  | { readonly kind: 'files' }
  /** Something that only the user can know. */
  | { readonly kind: 'unknown' };

/** Names that have to be asked for. */
export interface WantedNames {
  /** Contexts are the kubeconfig's. */
  readonly of: readonly NamedKind[] | 'contexts';
  /** What the user has written of the name. */
  readonly prefix: string;
  /** What stands before each name: `job/`, or nothing. */
  readonly before: string;
  /** The values of the options before the cursor, by their long names. */
  readonly options: ReadonlyMap<string, string>;
}

/** What a placeholder such as `<job|flow>` or `<FILE>` stands for, by its words. */
const KINDS_OF_PLACEHOLDERS: Readonly<Record<string, readonly NamedKind[]>> = {
  job: ['jobs'],
  jobs: ['jobs'],
  flow: ['jobflows'],
  flows: ['jobflows'],
  jobflow: ['jobflows'],
  daemonjob: ['daemonjobs'],
  cronjob: ['cronjobs'],
  target: ['jobs', 'jobflows'],
};
const FILE_PLACEHOLDERS = ['file', 'folder', 'dir', 'path'];
const KINDS_OF_OPTIONS: Readonly<Record<string, WantedNames['of']>> = {
  '--namespace': ['namespaces'],
  '--context': 'contexts',
};

/**
 * What may stand where the cursor is, by the program's own description of its commands and options.
 *
 * @param words what stands after the program's name, up to the cursor; the last one is the word at the cursor, and empty
 * where a new one begins. Of `--option=value` the choices are values.
 */
export function completeWords(program: Command, words: readonly string[]): Completion {
  const prefix = words.at(-1) ?? '';
  const read = readWords(program, words.slice(0, -1));
  const { command, open } = read;
  if (open !== undefined && (open.required || !prefix.startsWith('-'))) {
    return valuesOf(open, prefix, read);
  }
  const attached = /^(--[^=]+)=(.*)$/s.exec(prefix);
  if (attached !== null && !read.ended) {
    const [, long = '', value = ''] = attached;
    const option = command.options.find((each) => each.long === long);
    return option === undefined ? { kind: 'unknown' } : valuesOf(valuesOfOption(option), value, read);
  }
  if (prefix.startsWith('-') && !read.ended) return choices(optionChoices(read), prefix);
  return wordsOf(read, prefix);
}

/** What the words before the cursor mean. */
interface ReadWords {
  readonly program: Command;
  readonly command: Command;
  /** How many arguments of the command stand there. */
  readonly given: number;
  /** The option whose value comes next, or may come next. */
  readonly open: ({ readonly required: boolean } & Values) | undefined;
  readonly options: ReadonlyMap<string, string>;
  readonly flags: ReadonlySet<Option>;
  /** Whether `--` stands there, after which nothing is an option. */
  readonly ended: boolean;
}

/** An option or an argument, in what tells its values. */
type Values = Pick<Option, 'argChoices'> & { readonly placeholder: string; readonly long?: string };

function readWords(program: Command, words: readonly string[]): ReadWords {
  const options = new Map<string, string>();
  const flags = new Set<Option>();
  let command = program;
  let given = 0;
  let open: Option | undefined;
  let hasValue = false;
  let ended = false;
  const note = (option: Option, value: string | undefined) => {
    flags.add(option);
    if (value !== undefined) options.set(option.long ?? option.short ?? '', value);
  };
  for (const word of words) {
    if (open !== undefined && ((open.required && !hasValue) || !isOption(word))) {
      note(open, word);
      hasValue = true;
      if (!open.variadic) open = undefined;
    } else if (!ended && word === '--') {
      ended = true;
      open = undefined;
    } else if (!ended && isOption(word)) {
      const option = optionOf(command, word);
      open = undefined;
      if (option === undefined) continue;
      note(option.option, option.value);
      hasValue = false;
      if (option.value === undefined && takesValue(option.option)) open = option.option;
    } else {
      open = undefined;
      const inner: Command | undefined =
        given === 0 ? subcommandsOf(command).find((each) => namesOf(each).includes(word)) : undefined;
      if (inner === undefined) given++;
      else command = inner;
    }
  }
  return {
    program,
    command,
    given,
    open: open === undefined ? undefined : { ...valuesOfOption(open), required: open.required && !hasValue },
    options,
    flags,
    ended,
  };
}

/** The option that a word means, with the value that is a part of the word: `--output=json`, `-ojson`, `-Rf`. */
function optionOf(command: Command, word: string): { option: Option; value: string | undefined } | undefined {
  const find = (flag: string) => command.options.find(({ long, short }) => flag === long || flag === short);
  if (word.startsWith('--')) {
    const [flag = '', ...value] = word.split('=');
    const option = find(flag);
    return option && { option, value: value.length === 0 ? undefined : value.join('=') };
  }
  for (let at = 1; at < word.length; at++) {
    const option = find(`-${word.charAt(at)}`);
    if (option === undefined) return undefined;
    const rest = word.slice(at + 1);
    if (rest === '' || takesValue(option)) return { option, value: rest === '' ? undefined : rest };
  }
  return undefined;
}

/** A single `-` is the standard input. */
function isOption(word: string): boolean {
  return word.length > 1 && word.startsWith('-');
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

function subcommandsOf(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

function namesOf(command: Command): readonly string[] {
  return [command.name(), ...command.aliases()];
}

/** The commands that may follow, or the values of the argument that comes next. */
function wordsOf({ program, command, given, options }: ReadWords, prefix: string): Completion {
  if (given === 0 && command.commands.length > 0) return choices(commandChoices(command), prefix);
  const declared = command.registeredArguments;
  const last = declared.at(-1);
  const argument = declared[given] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) return { kind: 'choices', choices: [] };
  // Of `help`.
  if (argument.name() === 'command') return choices(commandChoices(program), prefix);
  return valuesOf(valuesOfArgument(argument), prefix, { options });
}

function commandChoices(command: Command): Choice[] {
  return subcommandsOf(command).map((each) => ({
    value: each.name(),
    description: each.summary() === '' ? each.description() : each.summary(),
  }));
}

/** The long names of the options; of those that can stand only once and do already, not. */
function optionChoices({ command, flags }: ReadWords): Choice[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.variadic || !flags.has(option))
    .map((option) => ({ value: option.long ?? option.short ?? '', description: option.description }));
}

function valuesOfOption(option: Option): Values {
  const placeholder = /[<[](.*)[>\]]/.exec(option.flags)?.[1] ?? '';
  return { argChoices: option.argChoices ?? [], placeholder, long: option.long ?? '' };
}

function valuesOfArgument(argument: Argument): Values {
  return { argChoices: argument.argChoices ?? [], placeholder: argument.name() };
}

function valuesOf(
  { argChoices = [], placeholder, long = '' }: Values,
  prefix: string,
  { options }: Pick<ReadWords, 'options'>,
): Completion {
  if (argChoices.length > 0) {
    return choices(
      argChoices.map((value) => ({ value, description: '' })),
      prefix,
    );
  }
  const words = placeholder.toLowerCase().match(/[a-z]+/g) ?? [];
  if (words.some((word) => FILE_PLACEHOLDERS.includes(word))) return { kind: 'files' };
  const of = KINDS_OF_OPTIONS[long] ?? words.flatMap((word) => KINDS_OF_PLACEHOLDERS[word] ?? []);
  if (of.length === 0) return { kind: 'unknown' };
  const [before = '', kind] = /^([a-z]+)\//.exec(prefix) ?? [];
  const chosen = kind === undefined ? undefined : KINDS_OF_PLACEHOLDERS[kind];
  if (chosen === undefined) return { kind: 'names', wanted: { of, prefix, before: '', options } };
  return {
    kind: 'names',
    wanted: { of: chosen, prefix: prefix.slice(before.length), before, options },
  };
}

function choices(all: readonly Choice[], prefix: string): Completion {
  return { kind: 'choices', choices: all.filter(({ value }) => value.startsWith(prefix)) };
}
