import { expect } from 'chai';
import { Argument, Command, Option } from 'commander';
import { completeWords, type Completion } from '../../../src/cli/completion/complete-words.ts';

const program = new Command('p').addCommand(
  new Command('list')
    .summary('list things')
    .alias('ls')
    .option('-f, --filename <FILE...>', 'what to read')
    .option('-n, --namespace <NAME>', 'where')
    .option('-R, --recursive', 'deep')
    .option('--context <NAME>', 'which cluster')
    .option('--title <TEXT>', 'above it')
    .option('--tail [N]', 'how many')
    .addOption(new Option('-o, --output <FORM>', 'how').choices(['json', 'yaml']))
    .addOption(new Option('--secret', 'not shown').hideHelp())
    .addArgument(new Argument('<job>', 'which'))
    .addArgument(new Argument('[others...]', 'which else').choices(['up', 'down'])),
);
program.addCommand(new Command('look').description('looks').argument('[job|flow]').argument('[file]'));
program.addCommand(new Command('__hidden'), { hidden: true });

const complete = (...words: string[]): Completion => completeWords(program, words);

/** The words that are offered. */
function offered(...words: string[]): string[] {
  const completion = complete(...words);
  return completion.kind === 'choices' ? completion.choices.map(({ value }) => value) : [completion.kind];
}

describe('completion of words', () => {
  it('offers the commands that are shown, with what they do', () => {
    expect(complete('')).to.deep.equal({
      kind: 'choices',
      choices: [
        { value: 'list', description: 'list things' },
        { value: 'look', description: 'looks' },
        { value: 'help', description: 'display help for command' },
      ],
    });
    expect(offered('li')).to.deep.equal(['list']);
    expect(offered('help', 'l')).to.deep.equal(['list', 'look']);
    expect(offered('no-command', '')).to.deep.equal([]);
  });

  it('offers the options of a command, those that are given no second time', () => {
    expect(offered('list', '--')).to.deep.equal([
      '--filename',
      '--namespace',
      '--recursive',
      '--context',
      '--title',
      '--tail',
      '--output',
      '--help',
    ]);
    expect(offered('ls', '-R', '--filename', 'a', '--'))
      .to.include('--filename')
      .and.not.include('--recursive');
    expect(offered('-')).to.deep.equal(['--help']);
  });

  it('offers what an option can be', () => {
    expect(offered('list', '-o', '')).to.deep.equal(['json', 'yaml']);
    expect(offered('list', '-Ro', 'y')).to.deep.equal(['yaml']);
    expect(offered('list', '--output=j')).to.deep.equal(['json']);
    expect(offered('list', '--what=j')).to.deep.equal(['unknown']);
    expect(offered('list', '--title', '')).to.deep.equal(['unknown']);
  });

  it('tells where files may stand', () => {
    for (const words of [['-f', ''], ['--filename', ''], ['-f', 'a', ''], ['-f', '-', ''], ['--filename=b']])
      expect(offered('list', ...words), words.join(' ')).to.deep.equal(['files']);
    expect(offered('look', 'a', '')).to.deep.equal(['files']);
  });

  it('knows when the values of an option are over', () => {
    expect(offered('list', '-f', 'a', '--o')).to.deep.equal(['--output']);
    expect(offered('list', '-ojson', '')).to.deep.equal(['names']);
    expect(offered('list', '-f', 'a', '-o', 'json', '')).to.deep.equal(['names']);
    expect(offered('list', '--tail', '--o')).to.deep.equal(['--output']);
    expect(offered('list', '-f', 'a', '--', '-')).to.deep.equal(['names']);
  });

  it('tells which names are wanted, and from where', () => {
    const options = new Map([
      ['--namespace', 'shop'],
      ['--context', 'test'],
    ]);
    expect(complete('list', '-n', 'shop', '--context=test', 'a')).to.deep.equal({
      kind: 'names',
      wanted: { of: ['jobs'], prefix: 'a', before: '', options },
    });
    expect(complete('look', '')).to.have.deep.nested.property('wanted.of', ['jobs', 'jobflows']);
    expect(complete('look', 'jobflow/et')).to.deep.equal({
      kind: 'names',
      wanted: { of: ['jobflows'], prefix: 'et', before: 'jobflow/', options: new Map() },
    });
    expect(complete('list', '--context', '')).to.have.deep.nested.property('wanted.of', 'contexts');
    expect(complete('list', '-n', '')).to.have.deep.nested.property('wanted.of', ['namespaces']);
  });

  it('offers what an argument can be, the last as often as it may stand', () => {
    expect(offered('list', 'a', '')).to.deep.equal(['up', 'down']);
    expect(offered('list', 'a', 'up', 'down', 'u')).to.deep.equal(['up']);
    expect(offered('look', 'a', 'b', '')).to.deep.equal([]);
  });
});
