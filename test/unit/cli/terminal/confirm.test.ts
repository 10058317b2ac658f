import { expect } from 'chai';
import { CommandError } from '../../../../src/cli/cluster/command-error.ts';
import { confirm } from '../../../../src/cli/terminal/confirm.ts';
import { nearNames } from '../../../../src/cli/view/near-names.ts';
import { RecordedTerminal } from './recorded-terminal.ts';

describe('asking before something cannot be undone', () => {
  for (const [answer, expected] of [
    ['y', true],
    [' Yes ', true],
    ['', false],
    ['n', false],
    ['yesterday', false],
  ] as const) {
    it(`takes "${answer}" for a ${expected ? 'yes' : 'no'}`, async () => {
      const terminal = new RecordedTerminal({ answer });
      expect(await confirm(terminal, 'Delete them?', false)).to.equal(expected);
      expect(terminal.errors).to.equal('Delete them? [y/N] ');
    });
  }

  it('asks nobody who has said yes already', async () => {
    const terminal = new RecordedTerminal();
    expect(await confirm(terminal, 'Delete them?', true)).to.equal(true);
    expect(terminal.errors).to.equal('');
  });

  it('goes no further where nobody can be asked', async () => {
    const thrown: unknown = await confirm(new RecordedTerminal(), 'Delete them?', false).catch(
      (error: unknown) => error,
    );
    expect(thrown).to.be.instanceOf(CommandError);
    expect((thrown as CommandError).message).to.include('add --yes');
    expect((thrown as CommandError).exitCode).to.equal(2);
  });
});

describe('names near one that nothing has', () => {
  const KNOWN = ['etl-load', 'etl-report', 'report-2026', 'reports', 'cleanup'];

  it('are those with few other letters, nearest first', () => {
    expect(nearNames('etl-laod', KNOWN)).to.deep.equal(['etl-load']);
    expect(nearNames('report', KNOWN)).to.deep.equal(['reports', 'etl-report']);
  });

  it('are those of a flow of whose entry somebody thinks', () => {
    expect(nearNames('load', KNOWN)).to.deep.equal(['etl-load']);
  });

  it('are none for what is like nothing, or is no name', () => {
    expect(nearNames('nightly', KNOWN)).to.deep.equal([]);
    expect(nearNames('x', KNOWN)).to.deep.equal([]);
    expect(nearNames('x'.repeat(100_000), KNOWN)).to.deep.equal([]);
  });
});
