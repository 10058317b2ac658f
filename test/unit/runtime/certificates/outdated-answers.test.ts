import { expect } from 'chai';
import { projectSecret } from '../../../../src/runtime/certificates/certificate-requests.ts';
import { FollowedObject } from '../../../../src/runtime/certificates/followed-object.ts';
import { SelfSignedCertificates } from '../../../../src/runtime/certificates/self-signed.ts';
import { readWebhookConfig } from '../../../../src/runtime/config.ts';
import { createLogger } from '../../../../src/runtime/logging.ts';
import { ApiError } from '../../../../src/kube/api-error.ts';
import type { Connection, StreamRequest } from '../../../../src/kube/connection.ts';
import { waitUntil } from '../../../support/cluster/wait-until.ts';

const NOT_FOUND = new ApiError({
  kind: 'notFound',
  status: 404,
  message: 'namespaces "elsewhere" not found',
});
const EMPTY = { metadata: { resourceVersion: '1' }, items: [] };
const secret = { metadata: { namespace: 'n', name: 's', uid: 's-1', resourceVersion: '2' }, data: {} };

/** An API server without any object, whose watches say nothing until they are ended. */
function emptyServer(get: () => Promise<unknown>): Connection {
  return {
    server: '',
    namespace: undefined,
    request: ({ query }) => (query?.limit === undefined ? get() : Promise.resolve(EMPTY)),
    async *stream({ signal }: StreamRequest) {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      yield* [];
    },
    serverTimeMs: () => Date.now(),
    close: () => Promise.resolve(),
  };
}

describe('what the certificates depend on', () => {
  const lines: string[] = [];
  const log = createLogger({
    program: 'jobflow-test',
    level: 'warn',
    destination: { write: (line) => void lines.push(line) },
  });

  it('stays known when it was created while the answer was under way that there is none', async () => {
    const { promise, reject } = Promise.withResolvers<unknown>();
    const connection = emptyServer(() => promise);
    const onChange = (): void => undefined;
    const options = { connection, log, path: '/api/v1/namespaces/n/secrets', name: 's', onChange };
    const followed = new FollowedObject({ ...options, project: projectSecret });
    const read = followed.read(new AbortController().signal);
    followed.take(secret);
    reject(NOT_FOUND);
    await read;
    expect(followed.current).to.include({ uid: 's-1' });
  });

  it('is named in a warning when its writes are refused time after time as if it had changed', async () => {
    const parsed = readWebhookConfig([], {});
    if (parsed.kind !== 'settings') throw new Error('not read');
    const certificates = new SelfSignedCertificates({
      connection: emptyServer(() => Promise.reject(NOT_FOUND)),
      log,
      namespace: 'elsewhere',
      settings: parsed.settings.selfSigned,
      now: () => performance.now(),
      random: () => 0,
      onServe: () => undefined,
    });
    certificates.start();
    try {
      await waitUntil('the warning', () => lines.length > 0);
    } finally {
      await certificates.stop();
    }
    expect(lines.join('')).to.include('failed to bring the Secret up to date').and.to.include('elsewhere');
    expect(lines).to.have.length(1);
  });
});
