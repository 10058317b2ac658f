import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseDuration } from '../api/duration.ts';
import { isResourceName } from '../api/kubernetes-names.ts';
import { CONFIG_FLAG, fileKey, readSettingsFile, type StatedSettings } from './settings-file.ts';

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting of a program: how it is given, what it may be, what it is when it is not given. */
export interface Setting<T> {
  /** The flag without its dashes, as in `--health-address`. */
  readonly flag: string;
  /** The environment variable; a flag wins over it. An empty value counts as not given. */
  readonly env: string;
  /** What a value looks like, as the help shows it: `host:port`. */
  readonly form: string;
  readonly description: string;
  /** The value when the setting is not given. */
  readonly fallback: T;
  /** The fallback as the help shows it. */
  readonly shownFallback: string;
  /** Reads a value, or says what would be allowed. */
  readonly read: (text: string) => ReadValue<T>;
}

/** A value that has been read, or what is allowed instead of it. */
export type ReadValue<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly allowed: string };

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  /** 0 stands for any free port. */
  readonly port: number;
}

/** What a program was told at its start. */
export type ParsedSettings<T> =
  | {
      readonly kind: 'settings';
      readonly settings: T;
      /** What each setting was read as, by its name in a file of settings. */
      readonly values: ReadonlyMap<string, unknown>;
    }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly problems: readonly [string, ...string[]] };

/** How a setting is called and what it is for. */
export interface SettingText {
  readonly flag: string;
  /** Defaults to `JOBFLOW_` and the flag in capitals. */
  readonly env?: string;
  readonly description: string;
}

/** A setting that takes any text that is not empty. */
export function textSetting(
  about: SettingText & { readonly fallback: string; readonly shownFallback?: string },
): Setting<string> {
  return setting(about, 'text', about.fallback, about.shownFallback ?? about.fallback, (text) => ok(text));
}

/** A setting that takes the path of a file, or nothing. */
export function fileSetting(
  about: SettingText & { readonly shownFallback: string },
): Setting<string | undefined> {
  return setting(about, 'file', undefined, about.shownFallback, (text) => ok(text));
}

/** A setting that takes the name of a Kubernetes object. */
export function nameSetting(about: SettingText & { readonly fallback: string }): Setting<string> {
  const { fallback } = about;
  return setting(about, 'name', fallback, fallback, (text) =>
    isResourceName(text)
      ? ok(text)
      : { ok: false, allowed: `the name of a Kubernetes object, such as "${fallback}"` },
  );
}

/**
 * A setting that takes names between commas, each once; blanks around them do not count. Nothing is the empty list.
 *
 * @param about `isName` tells what a name is, `names` what they are called where another text is refused
 */
export function namesSetting(
  about: SettingText & {
    readonly names: string;
    readonly isName: (text: string) => boolean;
    readonly shownFallback: string;
  },
): Setting<readonly string[]> {
  const { names, isName, shownFallback } = about;
  return setting<readonly string[]>(about, 'name,name', [], shownFallback, (text) => {
    const parts = text.split(',').map((part) => part.trim());
    return parts.every(isName)
      ? ok([...new Set(parts)])
      : { ok: false, allowed: `${names}, with commas between them` };
  });
}

/** A setting that takes one of a few words. */
export function choiceSetting<const W extends string>(
  about: SettingText & { readonly words: readonly W[]; readonly fallback: NoInfer<W> },
): Setting<W> {
  const { words, fallback } = about;
  return setting(about, words.join('|'), fallback, fallback, (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined ? { ok: false, allowed: `one of ${words.join(', ')}` } : ok(word);
  });
}

/** A setting that takes a whole number between two bounds, both included. */
export function integerSetting(
  about: SettingText & { readonly min: number; readonly max: number; readonly fallback: number },
): Setting<number> {
  const { min, max, fallback } = about;
  return setting(about, 'number', fallback, String(fallback), (text) => {
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max
      ? ok(value)
      : { ok: false, allowed: `a whole number from ${min} to ${max}` };
  });
}

/** A setting that takes a duration in Go's form (`10s`, `1m30s`) between two bounds, both included; the value is in milliseconds. */
export function durationSetting(
  about: SettingText & { readonly min: string; readonly max: string; readonly fallback: string },
): Setting<number> {
  const { min, max, fallback } = about;
  const [minMs, maxMs, fallbackMs] = [min, max, fallback].map(milliseconds);
  return setting(about, 'duration', fallbackMs ?? 0, fallback, (text) => {
    const value = milliseconds(text);
    return value !== undefined && value >= (minMs ?? 0) && value <= (maxMs ?? 0)
      ? ok(value)
      : { ok: false, allowed: `a duration from ${min} to ${max}, such as "${fallback}"` };
  });
}

/** A setting that takes `host:port`; `:9443` stands for every address of the machine, IPv6 is written `[::1]:9443`. */
export function addressSetting(about: SettingText & { readonly fallback: string }): Setting<ListenAddress> {
  const { fallback } = about;
  const address = parseAddress(fallback);
  if (address === undefined) throw new TypeError(`--${about.flag}: the fallback "${fallback}" is no address`);
  return setting(about, 'host:port', address, fallback, (text) => {
    const parsed = parseAddress(text);
    return parsed === undefined
      ? { ok: false, allowed: `host:port with a port from 0 to 65535, such as "${fallback}"` }
      : ok(parsed);
  });
}

/**
 * Reads the settings of a program from its arguments, its environment and the file that `--config` names, in this
 * order: what comes first wins. Every problem is one sentence that names the setting, the value and what is allowed.
 * Variables that belong to no setting are passed over, because Kubernetes itself puts variables such as
 * `JOBFLOW_WEBHOOK_SERVICE_HOST` into every container.
 *
 * @param program what the help calls the program
 * @param table every setting of the program
 * @param args the arguments after the program's name
 * @param env the environment
 * @param build makes the program's settings out of single values
 * @param conflict says what is wrong with values that are fine one by one, if anything
 */
export function parseSettings<T>(
  program: string,
  table: Readonly<Record<string, Setting<unknown>>>,
  args: readonly string[],
  env: Environment,
  build: (value: <V>(setting: Setting<V>) => V) => T,
  conflict: (settings: T) => string | undefined = () => undefined,
): ParsedSettings<T> {
  const given = readArguments(args, Object.values(table));
  if (given.help) return { kind: 'help', text: describeSettings(program, table) };
  const config = Object.values(table).find(({ flag }) => flag === CONFIG_FLAG);
  const file = config && (given.flags.get(config.flag) ?? env[config.env]);
  const stated = statedIn(file, table);
  const problems = [...given.problems, ...stated.problems];
  const values = new Map<string, unknown>();
  const valueOf = <V>(wanted: Setting<V>): V => {
    const source = sourceOf(wanted, given.flags, env, file, stated);
    if (source === undefined) return wanted.fallback;
    const { name, text } = source;
    const read: ReadValue<V> =
      text === '' ? { ok: false, allowed: `a value (${wanted.form})` } : wanted.read(text);
    if (read.ok) return read.value;
    problems.push(refused(name, text, read.allowed));
    return wanted.fallback;
  };
  const settings = build((wanted) => {
    const value = valueOf(wanted);
    values.set(fileKey(wanted.flag), value);
    return value;
  });
  const clash = problems.length === 0 ? conflict(settings) : undefined;
  if (clash !== undefined) problems.push(clash);
  const [first, ...others] = problems;
  return first === undefined
    ? { kind: 'settings', settings, values }
    : { kind: 'refused', problems: [first, ...others] };
}

/** The help of a program: one line for each setting, with its variable, form, fallback and meaning. */
export function describeSettings(program: string, table: Readonly<Record<string, Setting<unknown>>>): string {
  const rows = Object.values(table).map((one) => [
    `--${one.flag} ${one.form}`,
    one.env,
    `${one.description} (default: ${one.shownFallback})`,
  ]);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return [
    `Usage: ${program} [--flag value ...]`,
    '',
    'A flag wins over its environment variable, and that over the file that --config names.',
    '',
    ...lines,
    '',
  ].join('\n');
}

function setting<T>(
  about: SettingText,
  form: string,
  fallback: T,
  shownFallback: string,
  read: (text: string) => ReadValue<T>,
): Setting<T> {
  const { flag, description } = about;
  const env = about.env ?? `JOBFLOW_${flag.toUpperCase().replaceAll('-', '_')}`;
  return { flag, env, form, description, fallback, shownFallback, read };
}

/** Where a setting is stated, as a sentence names it, and its text; undefined if it is stated nowhere. */
function sourceOf(
  { flag, env: variable }: Setting<unknown>,
  flags: ReadonlyMap<string, string>,
  env: Environment,
  file: string | undefined,
  { values }: StatedSettings,
): { readonly name: string; readonly text: string } | undefined {
  const [fromFlag, fromEnv, fromFile] = [flags.get(flag), env[variable], values.get(flag)];
  if (fromFlag !== undefined) return { name: `--${flag}`, text: fromFlag };
  // An empty variable counts as not given.
  if (fromEnv !== undefined && fromEnv !== '') return { name: variable, text: fromEnv };
  return fromFile === undefined ? undefined : { name: `${file ?? ''}: ${fileKey(flag)}`, text: fromFile };
}

function statedIn(
  file: string | undefined,
  table: Readonly<Record<string, Setting<unknown>>>,
): StatedSettings {
  if (file === undefined || file === '') return { values: new Map(), problems: [] };
  try {
    return readSettingsFile(file, readFileSync(file, 'utf8'), table);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { values: new Map(), problems: [`${file}: cannot be read (${code}); give a file of settings.`] };
  }
}

function readArguments(
  args: readonly string[],
  settings: readonly Setting<unknown>[],
): { flags: Map<string, string>; help: boolean; problems: string[] } {
  const known = new Set(settings.map(({ flag }) => flag));
  const options = Object.fromEntries([...known].map((flag) => [flag, { type: 'string' as const }]));
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    strict: false,
    tokens: true,
  });
  const flags = new Map<string, string>();
  const problems: string[] = [];
  let help = false;
  let unknownAt = -2;
  for (const token of tokens) {
    if (token.kind === 'positional') {
      // What follows an unknown flag is most likely its value, no second mistake.
      if (token.index !== unknownAt + 1) problems.push(refused('argument', token.value, 'only --flag value'));
    } else if (token.kind === 'option') {
      const { name, rawName, value } = token;
      if (name === 'help') help = true;
      else if (!known.has(name)) {
        if (value === undefined) unknownAt = token.index;
        const next = args[token.index + 1];
        const meant = value ?? (next === undefined || next.startsWith('-') ? '' : next);
        problems.push(refused(rawName, meant, 'one of the flags that --help lists'));
      } else if (flags.has(name)) problems.push(refused(rawName, value ?? '', 'each flag once'));
      else flags.set(name, value ?? '');
    }
  }
  return { flags, help, problems };
}

function refused(name: string, value: string, allowed: string): string {
  return `${name}: "${value}" is not allowed; give ${allowed}.`;
}

function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

function milliseconds(text: string): number | undefined {
  return text === '0' || text === '0s' ? 0 : parseDuration(text);
}

function parseAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[A-Za-z0-9.-]*)):(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.port);
  if (match?.groups === undefined || port > 65_535) return undefined;
  const host = match.groups.ipv6 ?? match.groups.host ?? '';
  return { host: host === '' ? '0.0.0.0' : host, port };
}
