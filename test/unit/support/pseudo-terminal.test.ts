import { expect } from 'chai';
import { openTerminal, type TerminalOptions } from '../../support/terminal/pseudo-terminal.ts';

const LIMIT_MS = 10_000;

function run(script: string, options: TerminalOptions = {}) {
  return openTerminal([process.execPath, '-e', script], options);
}

describe('The pseudo-terminal of tests', () => {
  it('shows what a command has drawn, and its exit code', async () => {
    await using terminal = run(
      String.raw`console.log('one  \ntwo'); process.stdout.write('\x1b[1A\x1b[2Kover'); process.exitCode = 7`,
    );
    expect(await terminal.exitCode()).to.equal(7);
    expect(terminal.screen()).to.deep.equal(['one', 'over']);
  });

  it('is as wide and as high as it was opened', async () => {
    const script = 'console.log(process.stdout.isTTY, ...process.stdout.getWindowSize())';
    await using terminal = run(script, { columns: 200, rows: 60, env: { COLUMNS: '10' } });
    expect(await terminal.exitCode()).to.equal(0);
    expect(terminal.screen()).to.deep.equal(['true 200 60']);
  });

  it('breaks lines at its edge, and keeps what scrolls away', async () => {
    await using terminal = run(`for (const c of 'abcd') console.log(c.repeat(15))`, { columns: 10, rows: 4 });
    await terminal.exitCode();
    expect(terminal.screen()).to.deep.equal(['ccccc', 'dddddddddd', 'ddddd']);
    expect(terminal.screen({ scrolledAway: true })).to.have.length(8);
  });

  it('tells colours when it is asked for them', async () => {
    const script = String.raw`console.log(
      '\x1b[31mfailed\x1b[0m after \x1b[1;90m3 s\x1b[0m \x1b[48;5;200m \x1b[0m\x1b[38;2;1;2;255mdone\x1b[0m 世界 ')`;
    await using terminal = run(script);
    await terminal.exitCode();
    expect(terminal.screen()).to.deep.equal(['failed after 3 s  done 世界']);
    expect(terminal.screen({ colours: true })).to.deep.equal([
      '<red>failed</> after <bold grey>3 s</> <on-200> </><#0102ff>done</> 世界',
    ]);
  });

  it('hands keys on, and Ctrl-C as the signal', async () => {
    await using terminal = run(`
      process.stdin.on('data', (typed) => console.log('heard ' + String(typed).trim()));
      process.on('SIGINT', () => process.exit(130));
      console.log('ready')`);
    await terminal.waitForScreen((lines) => lines.includes('ready'), LIMIT_MS);
    terminal.type('yes');
    terminal.press('enter');
    await terminal.waitForScreen((lines) => lines.includes('heard yes'), LIMIT_MS);
    terminal.press('ctrl-c');
    expect(await terminal.exitCode()).to.equal(130);
  });

  it('tells a command that it is another size now', async () => {
    await using terminal = run(`
      process.stdout.on('resize', () => { console.log('now ' + process.stdout.columns); process.exit() });
      setInterval(() => undefined, 1000);
      console.log('ready')`);
    await terminal.waitForScreen((lines) => lines.includes('ready'), LIMIT_MS);
    terminal.resize(120, 40);
    expect(await terminal.waitForScreen((lines) => lines.includes('now 120'), LIMIT_MS)).to.have.length(2);
  });

  it('says what is on the screen when a wait is in vain', async () => {
    await using ends = run(`console.log('nothing to see')`);
    expect(await messageOf(ends.waitForScreen(() => false, LIMIT_MS))).to.equal(
      'The command has ended with code 0, and the screen is not as wanted:\nnothing to see',
    );
    await using stays = run('setInterval(() => undefined, 1000)');
    expect(await messageOf(stays.waitForScreen(() => false, 50))).to.match(/^0.05 s have passed, and/);
  });

  it('ends a command that ignores its end', async () => {
    const terminal = run(`process.on('SIGHUP', () => undefined); setInterval(() => undefined, 1000)`);
    await terminal[Symbol.asyncDispose]();
    expect(await terminal.exitCode()).to.equal(128 + 9);
  });
});

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
