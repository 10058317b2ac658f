import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';

interface Ended {
  readonly code: number | null;
  readonly messages: string[];
}

/** Runs the program and sends each signal when the awaited message has come. */
const run = async (mode: string, signals: [after: string, signal: NodeJS.Signals][]): Promise<Ended> => {
  const path = new URL('shutdown-program.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [path, mode], { stdio: ['ignore', 'pipe', 'inherit'] });
  const messages: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    const message = (JSON.parse(line) as { msg: string }).msg;
    messages.push(message);
    for (const [after, signal] of signals) if (message === after) child.kill(signal);
  });
  await Promise.all([once(child, 'exit'), once(lines, 'close')]);
  return { code: child.exitCode, messages };
};

describe('shutdown', function () {
  this.timeout(20_000);

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`stops what was added last first and exits 0 after ${signal}`, async () => {
      const { code, messages } = await run('plain', [['up', signal]]);
      expect(messages).to.deep.equal(['up', 'stopping', 'second ended', 'first ended', 'stopped']);
      expect(code).to.equal(0);
    });
  }

  it('goes on with the other steps when one fails, and exits 1', async () => {
    const { code, messages } = await run('fail', [['up', 'SIGTERM']]);
    expect(messages).to.deep.equal(['up', 'stopping', 'failed to stop', 'first ended', 'stopped']);
    expect(code).to.equal(1);
  });

  it('ends when the time is up, saying so', async () => {
    const { code, messages } = await run('hang', [['up', 'SIGTERM']]);
    expect(messages.at(-1)).to.equal('could not stop in time');
    expect(code).to.equal(1);
  });

  it('ends at once at a second signal', async () => {
    const { code, messages } = await run('hang', [
      ['up', 'SIGTERM'],
      ['stopping', 'SIGINT'],
    ]);
    expect(messages.at(-1)).to.equal('told to stop again, ending at once');
    expect(code).to.equal(1);
  });

  for (const mode of ['throw', 'reject']) {
    it(`logs an error that nobody caught and exits 1 (${mode})`, async () => {
      const { code, messages } = await run(mode, []);
      expect(messages.at(-1)).to.equal('an error that nobody caught');
      expect(code).to.equal(1);
    });
  }
});
