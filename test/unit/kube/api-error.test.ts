import { expect } from 'chai';
import { errorOfAnswer, errorOfNetwork, errorOfWatchEvent, isApiError } from '../../../src/kube/api-error.ts';

describe('classification of API errors', () => {
  const kinds: readonly [number, string][] = [
    [400, 'invalid'],
    [401, 'denied'],
    [403, 'denied'],
    [404, 'notFound'],
    [405, 'invalid'],
    [408, 'retry'],
    [409, 'conflict'],
    [410, 'gone'],
    [413, 'invalid'],
    [422, 'invalid'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
    [504, 'retry'],
  ];
  for (const [status, kind] of kinds) {
    it(`a ${status} is ${kind}`, () => {
      expect(errorOfAnswer(status, undefined)).to.include({ kind, status });
    });
  }

  it("keeps the API server's own message and reason", () => {
    const body = { kind: 'Status', message: 'jobs.batch "a" not found', reason: 'NotFound', code: 404 };
    expect(errorOfAnswer(404, body)).to.include({ message: body.message, reason: 'NotFound' });
  });

  it('reads Retry-After in seconds, and retryAfterSeconds where there is no header', () => {
    expect(errorOfAnswer(429, undefined, '3').retryAfterMs).to.equal(3_000);
    expect(errorOfAnswer(503, { details: { retryAfterSeconds: 2 } }).retryAfterMs).to.equal(2_000);
    expect(errorOfAnswer(503, undefined, 'soon').retryAfterMs).to.equal(undefined);
  });

  it('classifies an ERROR event by the code of its Status', () => {
    const status = {
      kind: 'Status',
      code: 410,
      reason: 'Expired',
      message: 'too old resource version: 1 (2)',
    };
    expect(errorOfWatchEvent(status)).to.include({ kind: 'gone', status: 410, reason: 'Expired' });
    expect(errorOfWatchEvent(null)).to.include({ kind: 'retry', status: 500 });
  });

  it('takes network errors for passing and keeps their code and cause', () => {
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const error = errorOfNetwork(cause);
    expect(error).to.include({ kind: 'retry', status: undefined, reason: 'ECONNRESET', cause });
  });

  it('knows that this side has ended a request', () => {
    for (const code of ['UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED']) {
      expect(errorOfNetwork(Object.assign(new Error('x'), { code })).kind).to.equal('aborted');
    }
    expect(errorOfNetwork(new DOMException('x', 'AbortError')).kind).to.equal('aborted');
  });

  it('passes an ApiError through, and tells kinds apart', () => {
    const error = errorOfAnswer(409, undefined);
    expect(errorOfNetwork(error)).to.equal(error);
    expect(isApiError(error, 'gone', 'conflict')).to.equal(true);
    expect(isApiError(error, 'gone')).to.equal(false);
    expect(isApiError(new Error('x'), 'retry')).to.equal(false);
  });
});
