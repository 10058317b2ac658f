import { expect } from 'chai';
import { createLogger, loggedError } from '../../../src/runtime/logging.ts';

const linesOf = (write: (log: ReturnType<typeof createLogger>) => void): Record<string, unknown>[] => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  write(createLogger({ program: 'jobflow-test', level: 'info', destination }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

describe('the log', () => {
  it('writes a JSON object a line, with the level as a word and the time in RFC 3339', () => {
    const [line] = linesOf((log) => {
      log.debug('not important enough');
      log.info({ job: 'a/b' }, 'released');
    });
    expect(line).to.include({ level: 'info', program: 'jobflow-test', job: 'a/b', msg: 'released' });
    expect(line?.time).to.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('tells of an error its class, message, code and causes, and nothing that hangs on it', () => {
    const error = Object.assign(new TypeError('no', { cause: new Error('because') }), {
      code: 'ENO',
      headers: { authorization: 'Bearer secret' },
    });
    const [line] = linesOf((log) => {
      log.error({ err: error }, 'failed');
    });
    expect(line?.err).to.include({ type: 'TypeError', message: 'no', code: 'ENO' });
    expect(line?.err).to.have.nested.property('cause.message', 'because');
    expect(JSON.stringify(line)).not.to.contain('secret');
  });

  it('never writes a token, a password or an env value', () => {
    const [line] = linesOf((log) => {
      log.info({ token: 'secret', container: { env: [{ name: 'A', value: 'secret' }] } }, 'oops');
    });
    expect(JSON.stringify(line)).not.to.contain('secret');
  });

  it('takes anything that was thrown, also a chain of causes that is a ring', () => {
    const error = new Error('ring');
    error.cause = error;
    expect(loggedError(error).message).to.equal('ring');
    expect(loggedError('text')).to.deep.equal({ type: 'string', message: 'text' });
    expect(loggedError(undefined)).to.deep.equal({ type: 'undefined', message: 'undefined' });
  });
});
