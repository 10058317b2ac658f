import { createPrivateKey, X509Certificate } from 'node:crypto';
import { watch, type FSWatcher } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Logger } from './logging.ts';

/** A certificate chain and its private key, in PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Where a key pair comes from and what happens when it changes. */
export interface TlsReloadOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly log: Logger;
  /** Called with every new pair that works: `server.setSecureContext`. Connections that are open keep theirs. */
  readonly onChange: (pair: KeyPair) => void;
  /** How long files must be quiet before they are read, in milliseconds; 100. Two files are never written at once. */
  readonly quietMs?: number;
  /** How often the files are read even without a notice of change, in milliseconds; 60 s. */
  readonly pollMs?: number;
}

/** A key pair that follows its files. */
export interface TlsReload {
  /** The pair in use. */
  readonly current: KeyPair;
  /** How often a new pair has been taken. */
  readonly reloads: number;
  stop(): void;
}

/**
 * Loads a key pair and keeps following its files. What counts is their content: a mounted Secret changes by the
 * swap of a symlink (`..data`) beside them, cert-manager's renewal and a plain copy look different again, and on
 * some file systems no notice of change ever comes, so the files are read once in a while as well. A pair that
 * cannot be used (half written, or key and certificate of different renewals) is logged, and the old one stays.
 *
 * @throws if the first pair cannot be read or used
 */
export async function followTlsFiles(options: TlsReloadOptions): Promise<TlsReload> {
  const { certFile, keyFile, log, onChange, quietMs = 100, pollMs = 60_000 } = options;
  let current = await readPair(certFile, keyFile);
  checkPair(current);
  let reloads = 0;
  let lastProblem = '';
  let stopped = false;

  const reload = async (): Promise<void> => {
    try {
      const pair = await readPair(certFile, keyFile);
      if (stopped || (pair.cert === current.cert && pair.key === current.key)) return;
      checkPair(pair);
      onChange(pair);
      current = pair;
      reloads += 1;
      lastProblem = '';
      log.info({ certFile, notAfter: new X509Certificate(pair.cert).validTo }, 'took a new certificate');
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      // Said once, not with every poll while it lasts.
      if (problem !== lastProblem) {
        log.error({ err: error, certFile, keyFile }, 'the new certificate cannot be used, the old one stays');
      }
      lastProblem = problem;
    }
  };

  let queue = Promise.resolve();
  let quiet: NodeJS.Timeout | undefined;
  const readSoon = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      // One after the other, so that an older read never overtakes a newer one.
      queue = queue.then(reload);
    }, quietMs);
  };
  const watchers = watchFolders(new Set([dirname(certFile), dirname(keyFile)]), readSoon, log);
  const poll = setInterval(readSoon, pollMs);
  poll.unref();

  return {
    get current() {
      return current;
    },
    get reloads() {
      return reloads;
    },
    stop: () => {
      stopped = true;
      clearTimeout(quiet);
      clearInterval(poll);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Folders, not files: a symlink swap or a rename ends the watch of a file without a word. */
function watchFolders(folders: ReadonlySet<string>, onEvent: () => void, log: Logger): FSWatcher[] {
  const watchers: FSWatcher[] = [];
  for (const folder of folders) {
    try {
      const watcher = watch(folder, { persistent: false }, onEvent);
      watcher.on('error', (error) => {
        log.warn({ err: error, folder }, 'cannot watch the certificate, reading it once in a while');
      });
      watchers.push(watcher);
    } catch (error) {
      log.warn({ err: error, folder }, 'cannot watch the certificate, reading it once in a while');
    }
  }
  return watchers;
}

async function readPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  return { cert, key };
}

/** @throws if the PEM cannot be read or served, or the key does not belong to the certificate */
export function checkPair({ cert, key }: KeyPair): void {
  // First, because OpenSSL's context takes an empty text (a file being written) for no certificate at all.
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    throw new Error('the private key does not belong to the certificate');
  }
  createSecureContext({ cert, key });
}
