import type { Command } from 'commander';
import { completeWords, type Choice, type Completion, type WantedNames } from './complete-words.ts';
import { DIRECTIVES } from './shell-scripts.ts';

/**
 * The answer to a shell that asks how its words may go on: a line for each choice, with its description after a tab, and
 * a last line that says whether files may stand there too.
 *
 * @param words as {@link completeWords} takes them
 * @param askNames asks for names; what it throws counts as no names
 */
export async function completionAnswer(
  program: Command,
  words: readonly string[],
  askNames: (wanted: WantedNames) => Promise<readonly string[]>,
): Promise<string> {
  const completion = completeWords(program, words);
  const lines = (await choicesOf(completion, askNames)).map(({ value, description }) =>
    description === '' ? value : `${value}\t${description}`,
  );
  const directive = completion.kind === 'files' ? DIRECTIVES.files : DIRECTIVES.noFiles;
  return [...lines, directive, ''].join('\n');
}

async function choicesOf(
  completion: Completion,
  askNames: (wanted: WantedNames) => Promise<readonly string[]>,
): Promise<readonly Choice[]> {
  if (completion.kind === 'choices') return completion.choices;
  if (completion.kind !== 'names') return [];
  const { wanted } = completion;
  const names = await askNames(wanted).catch(() => []);
  return names
    .filter((name) => name.startsWith(wanted.prefix))
    .map((name) => ({ value: `${wanted.before}${name}`, description: '' }));
}
