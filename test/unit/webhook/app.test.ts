import { createServer, request as httpRequest, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { Registry } from 'prom-client';
import type { AdmissionDecision, AdmissionRequest } from '../../../src/api/admission-review.ts';
import type { JsonObject } from '../../../src/api/job.ts';
import { listen } from '../../../src/runtime/listen.ts';
import { createLogger } from '../../../src/runtime/logging.ts';
import { createApp, type Decide } from '../../../webhook/app.ts';
import { createWebhookMetrics } from '../../../webhook/metrics.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';
import { job, reviewOf } from './admission-requests.ts';

const MAX_BODY_BYTES = 8 * 1_024 * 1_024;
const ALLOW: AdmissionDecision = { kind: 'allow', warnings: [] };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

describe('the webhook over HTTP', function () {
  this.timeout(20_000);
  let server: Server;
  let url: string;
  let registry: Registry;
  let logged: string[];
  let decide: Decide;
  let asked: AdmissionRequest[];
  let askedOfResources: AdmissionRequest<JsonObject>[];

  beforeEach(async () => {
    registry = new Registry();
    logged = [];
    asked = [];
    askedOfResources = [];
    decide = () => Promise.resolve(ALLOW);
    const app = createApp({
      decide: (request, signal) => {
        asked.push(request);
        return decide(request, signal);
      },
      decideResource: (request) => {
        askedOfResources.push(request);
        return Promise.resolve({ kind: 'deny', code: 422, reason: 'EntryUnknown', message: 'no such entry' });
      },
      log: createLogger({
        program: 'jobflow-test',
        level: 'info',
        destination: { write: (line: string) => void logged.push(line) },
      }),
      metrics: createWebhookMetrics(registry),
      maxBodyBytes: MAX_BODY_BYTES,
      requestTimeoutMs: 9_000,
      now: () => performance.now(),
    });
    server = createServer((request, response) => {
      app(request, response);
    });
    url = `http://127.0.0.1:${await listen(server, { host: '127.0.0.1', port: 0 })}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const send = async (
    body: string | Uint8Array<ArrayBuffer> | object,
    { path = '/admission/jobs', method = 'POST', type = 'application/json', headers = {} } = {},
  ): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      headers: { ...(type === '' ? {} : { 'content-type': type }), ...headers },
      ...(method === 'GET' || method === 'HEAD'
        ? {}
        : { body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const responseOf = (answer: Answer): Record<string, unknown> => {
    expect(answer.status).to.equal(200);
    const review = JSON.parse(answer.text) as Record<string, unknown>;
    expect(review).to.include({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' });
    return review.response as Record<string, unknown>;
  };
  const expectError = (answer: Answer, status: number, code: string, message: RegExp): void => {
    expect(answer.status, answer.text).to.equal(status);
    expect(answer.headers.get('content-type')).to.equal('application/json');
    expect(answer.text).to.match(/^[^\n]*\n$/, 'one line');
    const { error } = JSON.parse(answer.text) as { error: { code: string; message: string } };
    expect(Object.keys(error)).to.deep.equal(['code', 'message']);
    expect(error.code).to.equal(code);
    expect(error.message).to.match(message);
    expect(answer.text).not.to.match(/node_modules|\bat \w+ \(|\.ts/);
  };

  describe('a decision', () => {
    it('is answered with the same uid', async () => {
      const response = responseOf(await send(reviewOf(job('a'), { uid: 'u-1' })));
      expect(response).to.deep.equal({ uid: 'u-1', allowed: true });
      expect(asked[0]?.object?.metadata.name).to.equal('a');
    });

    it('about a JobFlow is made by its own judge, whatever the object looks like', async () => {
      const kind = { group: 'api.practice.com', version: 'v1alpha1', kind: 'JobFlow' };
      const flow = { metadata: { name: 'etl' }, spec: 'anything' };
      const response = responseOf(await send(reviewOf(flow, { kind }), { path: '/admission/resources' }));
      expect(response).to.deep.include({ allowed: false });
      expect(response.status).to.deep.equal({ code: 422, reason: 'EntryUnknown', message: 'no such entry' });
      expect(askedOfResources.map(({ object }) => object)).to.deep.equal([flow]);
      expect(asked).to.deep.equal([]);
    });

    it('that changes the Job carries a base64 JSON patch, and the warnings', async () => {
      decide = ({ object }) =>
        Promise.resolve({
          kind: 'allow',
          warnings: ['restartPolicy is Never'],
          patched: { metadata: {}, ...object, spec: { ...object?.spec, suspend: true } },
        });
      const response = responseOf(await send(reviewOf(job('a'))));
      expect(response).to.include({ allowed: true, patchType: 'JSONPatch' });
      expect(response.warnings).to.deep.equal(['restartPolicy is Never']);
      expect(JSON.parse(Buffer.from(String(response.patch), 'base64').toString())).to.deep.equal([
        { op: 'replace', path: '/spec/suspend', value: true },
      ]);
    });

    it('that changes nothing carries no patch', async () => {
      decide = ({ object }) =>
        Promise.resolve({
          kind: 'allow',
          warnings: [],
          patched: structuredClone(object) ?? { metadata: {} },
        });
      expect(responseOf(await send(reviewOf(job('a'))))).to.have.all.keys('uid', 'allowed');
    });

    it('that refuses carries the status, the code and the sentence', async () => {
      decide = () =>
        Promise.resolve({ kind: 'deny', code: 422, reason: 'DependencyCycle', message: 'a → b → a' });
      expect(responseOf(await send(reviewOf(job('a'), { uid: 'u-2' })))).to.deep.equal({
        uid: 'u-2',
        allowed: false,
        status: { code: 422, reason: 'DependencyCycle', message: 'a → b → a' },
      });
    });

    it('is counted by operation and decision', async () => {
      await send(reviewOf(job('a')));
      decide = () => Promise.resolve({ kind: 'deny', code: 422, reason: 'DependencyCycle', message: '' });
      await send(reviewOf(job('a')));
      await send('{}');
      const text = await registry.metrics();
      for (const line of [
        'jobflow_webhook_decisions_total{operation="CREATE",decision="allowed"} 1',
        'jobflow_webhook_decisions_total{operation="CREATE",decision="denied"} 1',
        'jobflow_webhook_request_duration_seconds_count{operation="CREATE",decision="allowed"} 1',
        'jobflow_webhook_refusals_total{code="DependencyCycle"} 1',
        'jobflow_webhook_bad_requests_total{code="ReviewMalformed"} 1',
      ]) {
        expect(text).to.contain(line);
      }
      await waitUntil('no request in flight', async () =>
        (await registry.metrics()).includes('jobflow_webhook_requests_in_flight 0'),
      );
    });
  });

  describe('a decision that cannot be made', () => {
    it('because of an error is answered with 500, and only the log has the cause', async () => {
      decide = () => Promise.reject(new Error('secret detail'));
      const answer = await send(reviewOf(job('a'), { uid: 'u-3' }));
      expectError(answer, 500, 'Internal', /request u-3/);
      expect(answer.text).not.to.contain('secret detail');
      const line = logged.map((text) => JSON.parse(text) as Record<string, unknown>).at(-1);
      expect(line).to.include({ uid: 'u-3', msg: 'failed to decide' });
      expect(line?.err).to.have.property('message', 'secret detail');
    });

    it('because decide throws at once is answered the same', async () => {
      decide = () => {
        throw new Error('at once');
      };
      expectError(await send(reviewOf(job('a'))), 500, 'Internal', /failed to judge/);
    });

    it('in the time that the API server gives is answered with 504, and given up', async () => {
      let given: AbortSignal | undefined;
      decide = (_request, signal) => {
        given = signal;
        return new Promise(() => undefined);
      };
      const answer = await send(reviewOf(job('a')), { path: '/admission/jobs?timeout=100ms' });
      expectError(answer, 504, 'Timeout', /within 0\.1 s/);
      expect(given?.aborted).to.equal(true);
    });

    it('is given up when the client goes', async () => {
      let given: AbortSignal | undefined;
      decide = (_request, signal) => {
        given = signal;
        return new Promise(() => undefined);
      };
      const client = new AbortController();
      const sent = fetch(`${url}/admission/jobs`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(reviewOf(job('a'))),
        signal: client.signal,
      }).catch(() => undefined);
      await waitUntil('the request', () => given !== undefined);
      client.abort();
      await waitUntil('the decision to be given up', () => given?.aborted);
      await sent;
    });
  });

  describe('a bad request', () => {
    it('that is malformed, truncated or no JSON at all gets 400', async () => {
      const whole = JSON.stringify(reviewOf(job('a')));
      for (const body of [whole.slice(0, -1), whole.slice(0, 40), 'hello', '<xml/>', '{"a":1,}', '']) {
        expectError(await send(body), 400, 'BodyNotJson', /The request body is not JSON/);
      }
      const invalidUtf8 = new Uint8Array([0x22, 0xff, 0xfe, 0x22]);
      expectError(await send(invalidUtf8), 400, 'BodyNotJson', /not JSON/);
      expect(asked).to.deep.equal([]);
    });

    it('that is JSON but no AdmissionReview gets 400 and the path', async () => {
      for (const body of ['null', '[]', '1', '"a"', '{}']) {
        expectError(await send(body), 400, 'ReviewMalformed', /AdmissionReview|apiVersion/);
      }
      const wrong = reviewOf({ metadata: { annotations: { 'api.practice.com/hold': 1 } } });
      expectError(
        await send(wrong),
        400,
        'ReviewMalformed',
        /^request\.object\.metadata\.annotations\["api\.practice\.com\/hold"\]: is a number, expected a string;/,
      );
      expect(asked).to.deep.equal([]);
    });

    it('over 8 MiB gets 413, with and without a stated length', async () => {
      const tooLarge = Buffer.alloc(MAX_BODY_BYTES + 1, 0x20);
      expectError(await send(tooLarge), 413, 'BodyTooLarge', /larger than 8388608 bytes/);
      const chunked = new Promise<number | undefined>((resolve, reject) => {
        const headers = { 'content-type': 'application/json' };
        const client = httpRequest(`${url}/admission/jobs`, { method: 'POST', headers }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        client.on('error', reject);
        for (let sent = 0; sent <= MAX_BODY_BYTES; sent += 65_536) client.write(Buffer.alloc(65_536, 0x20));
        client.end();
      });
      expect(await chunked).to.equal(413);
    });

    it('of exactly 8 MiB is read', async () => {
      const review = JSON.stringify(reviewOf(job('a')));
      const padded = Buffer.alloc(MAX_BODY_BYTES, 0x20);
      padded.write(review);
      responseOf(await send(padded));
    });

    it('of another content type gets 415', async () => {
      const body = JSON.stringify(reviewOf(job('a')));
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
        expectError(await send(body, { type }), 415, 'ContentTypeUnsupported', /send application\/json/);
      }
      expectError(
        await send(body, { type: 'application/json; charset=utf-16' }),
        415,
        'ContentTypeUnsupported',
        /utf-16/,
      );
      const headers = { 'content-encoding': 'gzip' };
      expectError(await send(body, { headers }), 415, 'ContentTypeUnsupported', /gzip/);
      responseOf(await send(body, { type: 'Application/JSON; charset="UTF-8"' }));
    });

    it('to another path gets 404', async () => {
      for (const path of [
        '/',
        '/admission',
        '/admission/jobs/',
        '/admission/Jobs',
        '/admission/resources/jobflows',
        '/admission/%zz',
        '/..%2f',
      ]) {
        expectError(
          await send('{}', { path }),
          404,
          'PathUnknown',
          /answers at \/admission\/jobs and \/admission\/resources;?/,
        );
      }
    });

    it('by another method gets 405 and the one that is allowed', async () => {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const answer = await send('{}', { method });
        expectError(answer, 405, 'MethodNotAllowed', new RegExp(`Method ${method} is not allowed`));
        expect(answer.headers.get('allow')).to.equal('POST');
      }
      expect((await send('', { method: 'HEAD' })).status).to.equal(405);
    });

    it('that breaks off in the middle of its body changes nothing', async () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      const head = 'POST /admission/jobs HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
      socket.write(`${head}Content-Length: 1000\r\n\r\n{"apiVersion":`);
      await waitUntil('the request to be begun', async () =>
        (await registry.metrics()).includes('jobflow_webhook_requests_in_flight 1'),
      );
      socket.destroy();
      await waitUntil('the request to be over', async () =>
        (await registry.metrics()).includes('jobflow_webhook_requests_in_flight 0'),
      );
      expect(asked).to.deep.equal([]);
      expect(logged).to.deep.equal([]);
    });

    it('with keys such as __proto__ does no harm', async () => {
      decide = ({ object }) =>
        Promise.resolve({ kind: 'allow', warnings: [], patched: { ...object, metadata: { name: 'b' } } });
      const body = JSON.stringify(reviewOf(job('a'))).replace(
        '"annotations":{}',
        '"annotations":{"__proto__":"a","constructor":"b"},"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}',
      );
      const response = responseOf(await send(body));
      expect(response.allowed).to.equal(true);
      expect(Object.prototype).not.to.have.property('polluted');
    });

    it('nested a million deep is answered, and the next one too', async () => {
      const deep = JSON.stringify(reviewOf(job('a'))).replace(
        '"suspend":false',
        `"suspend":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`,
      );
      const { status } = await send(deep);
      expect(status).to.be.oneOf([200, 400, 500]);
      responseOf(await send(reviewOf(job('a'))));
    });
  });
});
