import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { Registry } from 'prom-client';
import { createLogger } from '../../../src/runtime/logging.ts';
import { followTlsFiles, type KeyPair, type TlsReload } from '../../../src/runtime/tls-reload.ts';
import { createApp, type Decide } from '../../../webhook/app.ts';
import { createWebhookMetrics } from '../../../webhook/metrics.ts';
import { startWebhookServer, type WebhookServer } from '../../../webhook/server.ts';
import { createCertificateAuthority, type CertificateAuthority } from '../../support/cluster/certificates.ts';

/** The webhook's HTTP side in this process, with certificates in files that change as a mounted Secret does. */
export interface RunningWebhook {
  readonly server: WebhookServer;
  readonly tls: TlsReload;
  /** Swaps the files for a new certificate. @returns the new certificate, in PEM */
  renewCertificate(): Promise<string>;
  stop(): Promise<void>;
}

/** What one request got. */
export interface Answer {
  readonly status: number;
  readonly closes: boolean;
  readonly body: string;
}

/** Makes the authority that signs all certificates of a test. */
export function testAuthority(): Promise<CertificateAuthority> {
  return createCertificateAuthority('webhook test authority');
}

/** Starts the webhook's HTTP side on a free port of the loopback address. */
export async function runWebhook(authority: CertificateAuthority, decide: Decide): Promise<RunningWebhook> {
  const folder = await mkdtemp(join(tmpdir(), 'jobflow-webhook-'));
  let version = 0;
  const swap = async ({ cert, key }: KeyPair): Promise<void> => {
    version += 1;
    await mkdir(join(folder, `..${version}`));
    await writeFile(join(folder, `..${version}`, 'tls.crt'), cert);
    await writeFile(join(folder, `..${version}`, 'tls.key'), key);
    await symlink(`..${version}`, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  const issue = (): Promise<KeyPair> =>
    authority.issue({ commonName: 'webhook', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
  await swap(await issue());
  await symlink('..data/tls.crt', join(folder, 'tls.crt'));
  await symlink('..data/tls.key', join(folder, 'tls.key'));

  const log = createLogger({ program: 'jobflow-test', level: 'error' });
  const tls = await followTlsFiles({
    certFile: join(folder, 'tls.crt'),
    keyFile: join(folder, 'tls.key'),
    log,
    onChange: (pair) => {
      server.setKeyPair(pair);
    },
    quietMs: 10,
  });
  const listener = createApp({
    decide,
    decideResource: () => Promise.resolve({ kind: 'allow', warnings: [] }),
    log,
    metrics: createWebhookMetrics(new Registry()),
    maxBodyBytes: 1_048_576,
    requestTimeoutMs: 9_000,
    now: () => performance.now(),
  });
  const address = { host: '127.0.0.1', port: 0 };
  const server = await startWebhookServer({ address, pair: tls.current, listener, log });
  return {
    server,
    tls,
    renewCertificate: async () => {
      const pair = await issue();
      await swap(pair);
      return pair.cert;
    },
    stop: async () => {
      tls.stop();
      await server.drain(Promise.resolve(), 1_000);
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * Sends one AdmissionReview.
 *
 * @param agent keeps connections or makes a new one for each request
 * @throws the system's error if it is not answered: nothing is tried twice
 */
export function send(port: number, agent: Agent, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      agent,
      method: 'POST',
      path: '/admission/jobs?timeout=10s',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    };
    const sent = request(options, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('error', reject);
      answer.once('end', () => {
        resolve({
          status: answer.statusCode ?? 0,
          closes: answer.headers.connection === 'close',
          body: Buffer.concat(chunks).toString(),
        });
      });
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** The certificate that a new connection is shown, in PEM without line breaks. */
export function shownCertificate(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ ca, keepAlive: false, maxCachedSessions: 0 });
    const sent = request({ host: '127.0.0.1', port, agent, path: '/' }, (answer) => {
      const { socket } = answer;
      const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
      answer.resume();
      answer.once('end', () => {
        resolve(withoutBreaks(certificate?.toString() ?? ''));
      });
    });
    sent.once('error', reject);
    sent.end();
  });
}

/** PEM texts differ in their line breaks; what counts is the rest. */
export function withoutBreaks(pem: string): string {
  return pem.replaceAll(/\s/g, '');
}
