import { chooseServing } from '../../core/certificates/choose-serving.ts';
import { decideSecret, isValidAt, type CertificateView } from '../../core/certificates/plan-secret.ts';
import {
  decideBundles,
  NOTHING_TRUSTED,
  observeTrust,
  type BundleFacts,
  type ObservedTrust,
} from '../../core/certificates/trust.ts';
import { errorOfNetwork, isApiError } from '../../kube/api-error.ts';
import { backoffMs, type Backoff } from '../../kube/backoff.ts';
import type { ApiRequest, Connection } from '../../kube/connection.ts';
import { TokenBucket } from '../../kube/token-bucket.ts';
import { wait } from '../../kube/wait.ts';
import type { SelfSignedConfig } from '../config.ts';
import type { Logger } from '../logging.ts';
import type { KeyPair } from '../tls-reload.ts';
import {
  CONFIGURATIONS_PATH,
  createSecretRequest,
  projectConfiguration,
  projectSecret,
  secretsPath,
  writeBundlesRequest,
  writeSecretRequest,
  type ConfigurationRecord,
  type SecretRecord,
} from './certificate-requests.ts';
import { FollowedObject } from './followed-object.ts';
import { readCertificates, type Certificate } from './read-certificates.ts';
import { makeSecretContent, namesToServe, pemText } from './secret-content.ts';
import {
  distinct,
  readStoredCertificates,
  type Serving,
  type StoredCertificates,
} from './stored-certificates.ts';

/** What self-signed certificates need. */
export interface SelfSignedOptions {
  readonly connection: Connection;
  readonly log: Logger;
  /** The namespace of the Secret and of the Service. */
  readonly namespace: string;
  readonly settings: SelfSignedConfig;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly random?: () => number;
  /** Called with every pair that is to be served from now on, the first one included. */
  readonly onServe: (pair: KeyPair) => void;
}

/** The objects are read directly so often, whatever their watches say, in milliseconds. */
const POLL_MS = 60_000;

/** So many writes at once, and so many a second in the long run: more means that somebody undoes them. */
const BURST = 30;
const WRITES_PER_SECOND = 2;

const FAILED: Backoff = { baseMs: 100, factor: 2, capMs: 30_000 };

/** So many failures in a row are no race of replicas any more. */
const MANY_FAILURES = 5;

/** How long a warning that has been given is not repeated, in milliseconds. */
const WARN_EVERY_MS = 60_000;

/**
 * Certificates that the webhook's replicas make for themselves: an authority and a serving certificate in one Secret,
 * and the authority in the `caBundle` of the webhook configuration. Every replica follows both objects and carries
 * out the next step, whichever comes first; every write states the version that it was decided on, so that of
 * several replicas one succeeds and the others read what it wrote. What the steps are is decided in
 * `src/core/certificates/`.
 */
export class SelfSignedCertificates {
  /** Resolves once there is a certificate to serve; never rejects. */
  readonly whenServing: Promise<KeyPair>;
  readonly #options: SelfSignedOptions;
  readonly #secret: FollowedObject<SecretRecord>;
  readonly #configuration: FollowedObject<ConfigurationRecord>;
  readonly #names: readonly string[];
  readonly #writes: TokenBucket;
  readonly #stopping = new AbortController();
  readonly #resolveServing: (pair: KeyPair) => void;
  readonly #failures = new Map<string, number>();
  readonly #warned = new Map<string, number>();
  #serving: Serving | undefined;
  #observed: ObservedTrust = NOTHING_TRUSTED;
  #stored: { of: SecretRecord; read: StoredCertificates } | undefined;
  #bundles: { of: ConfigurationRecord; read: readonly ReadBundle[] } | undefined;
  #readAtMs: number;
  #changed = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: SelfSignedOptions) {
    const { connection, log, namespace, settings, now } = options;
    const { promise, resolve } = Promise.withResolvers<KeyPair>();
    this.#options = options;
    this.whenServing = promise;
    this.#resolveServing = resolve;
    this.#names = namesToServe(namespace, settings);
    this.#writes = new TokenBucket(WRITES_PER_SECOND, BURST, now());
    this.#readAtMs = now();
    const onChange = (): void => {
      this.#changed.abort();
    };
    this.#secret = new FollowedObject({
      connection,
      log,
      path: secretsPath(namespace),
      name: settings.secretName,
      project: projectSecret,
      onChange,
    });
    this.#configuration = new FollowedObject({
      connection,
      log,
      path: CONFIGURATIONS_PATH,
      name: settings.configurationName,
      project: projectConfiguration,
      onChange,
    });
  }

  /** Why the API server cannot reach this replica by its certificate, in a few words; undefined if it can. */
  get problem(): string | undefined {
    const { configurationName, secretName } = this.#options.settings;
    if (this.#serving === undefined) return `there is no certificate yet (Secret ${secretName})`;
    const { facts, issuer } = this.#serving;
    if (!isValidAt(facts, this.#options.connection.serverTimeMs())) return 'the certificate has expired';
    if (this.#configuration.current === undefined) {
      return `there is no MutatingWebhookConfiguration ${configurationName}`;
    }
    const bundles = this.#readBundles();
    const trusted =
      bundles.length > 0 && bundles.every(({ facts }) => facts.authorities.includes(issuer.fingerprint));
    return trusted ? undefined : `the authority is not in the caBundle of ${configurationName} yet`;
  }

  /** Begins; at once, and for good until `stop`. */
  start(): void {
    this.#secret.start();
    this.#configuration.start();
    this.#running ??= this.#run();
  }

  /** Ends it; what is served stays. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#running, this.#secret.stop(), this.#configuration.stop()]);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#changed = new AbortController();
      const againInMs = await this.#attempt('certificates', () => this.#turn());
      const pollInMs = Math.max(0, this.#readAtMs + POLL_MS - this.#options.now());
      const signal = AbortSignal.any([this.#stopping.signal, this.#changed.signal]);
      await wait(Math.min(againInMs, pollInMs), signal);
    }
  }

  /** Looks once at everything. @returns when to look again, in milliseconds, unless something changes */
  async #turn(): Promise<number> {
    if (this.#options.now() >= this.#readAtMs + POLL_MS) await this.#readAll();
    if (!this.#secret.known || !this.#configuration.known) return Infinity;
    this.#observe();
    return Math.min(
      this.#serve(),
      await this.#attempt('Secret', () => this.#writeSecret()),
      await this.#attempt('webhook configuration', () => this.#writeBundles()),
    );
  }

  async #readAll(): Promise<void> {
    this.#readAtMs = this.#options.now();
    for (const object of [this.#secret, this.#configuration]) {
      try {
        await object.read(this.#stopping.signal);
      } catch (error) {
        this.#warn(error, 'could not read what the certificates depend on');
      }
    }
  }

  #observe(): void {
    const bundles = this.#readBundles().map(({ facts }) => facts);
    const needed = this.#needed().map(({ fingerprint }) => fingerprint);
    this.#observed = observeTrust(this.#observed, bundles, needed, this.#options.now());
  }

  #serve(): number {
    const { settings, connection, log, onServe } = this.#options;
    const offered = this.#readSecret()?.serving;
    if (offered === undefined) return Infinity;
    const decision = chooseServing({
      offered: offered.facts,
      current: this.#serving?.facts,
      trustedForMs: this.#trustedForMs,
      settleMs: settings.settleMs,
      nowMs: connection.serverTimeMs(),
    });
    if (decision.kind === 'keep') return decision.againInMs;
    this.#serving = offered;
    onServe(offered.pair);
    this.#resolveServing(offered.pair);
    log.info(
      { notAfter: timeOf(offered.facts.notAfterMs), authority: nameOf(offered.issuer) },
      'serving a new certificate',
    );
    return Infinity;
  }

  /** @returns when to look again, in milliseconds; at once after a write */
  async #writeSecret(): Promise<number> {
    const { settings, connection, log } = this.#options;
    const record = this.#secret.current;
    const stored = this.#readSecret();
    const view: CertificateView = {
      stored: stored?.facts,
      served: this.#serving?.facts,
      trustedForMs: this.#trustedForMs,
      nowMs: connection.serverTimeMs(),
    };
    const decision = decideSecret(view, settings);
    if (decision.kind === 'none') return decision.againInMs;
    const throttledMs = this.#throttle();
    if (throttledMs > 0) return throttledMs;
    const problems = stored?.problems ?? [];
    if (problems.length > 0) {
      log.warn({ secret: settings.secretName, problems }, 'the Secret cannot be used as it is, mending it');
    }
    const data = await makeSecretContent(decision, {
      stored,
      served: this.#serving,
      names: this.#names,
      lives: settings,
      nowMs: view.nowMs,
    });
    this.#secret.take(await this.#store(record, data));
    log.info(
      { secret: settings.secretName, because: decision.because },
      decision.kind === 'newAuthority' ? 'made a new authority' : 'issued a new certificate',
    );
    return 0;
  }

  async #store(record: SecretRecord | undefined, data: Record<string, string>): Promise<unknown> {
    const { namespace, settings } = this.#options;
    return this.#send(
      record === undefined
        ? createSecretRequest(namespace, settings.secretName, data)
        : writeSecretRequest(record, data),
    );
  }

  /** @returns when to look again, in milliseconds; at once after a write */
  async #writeBundles(): Promise<number> {
    const { settings, log, now } = this.#options;
    this.#observe();
    const record = this.#configuration.current;
    const bundles = this.#readBundles();
    const needed = this.#needed();
    const decision = decideBundles({
      bundles: bundles.map(({ facts }) => facts),
      needed: needed.map(({ fingerprint }) => fingerprint),
      surplus: this.#observed.surplus,
      overlapMs: settings.overlapMs,
      nowMs: now(),
    });
    if (decision.kind === 'none' || record === undefined) {
      return decision.kind === 'none' ? decision.againInMs : Infinity;
    }
    const throttledMs = this.#throttle();
    if (throttledMs > 0) return throttledMs;
    const known = distinct([...needed, ...bundles.flatMap(({ certificates }) => certificates)]);
    const authorities = known.filter(({ fingerprint }) => decision.authorities.includes(fingerprint));
    const caBundle = pemText(authorities.map(({ pem }) => pem));
    this.#configuration.take(await this.#send(writeBundlesRequest(record, caBundle)));
    log.info(
      { configuration: settings.configurationName, authorities: authorities.map(nameOf) },
      'wrote the authorities into the webhook configuration',
    );
    return 0;
  }

  async #send(request: ApiRequest): Promise<unknown> {
    return this.#options.connection.request({ ...request, signal: this.#stopping.signal });
  }

  /** Carries out a step; one that fails is tried again, on what is there by then. */
  async #attempt(what: string, step: () => Promise<number>): Promise<number> {
    try {
      const againInMs = await step();
      this.#failures.delete(what);
      return againInMs;
    } catch (error) {
      if (this.#stopping.signal.aborted) return Infinity;
      const failures = (this.#failures.get(what) ?? 0) + 1;
      this.#failures.set(what, failures);
      const isOutdated = isApiError(error, 'conflict', 'notFound');
      if (isOutdated) await this.#readAll();
      // Another replica was first, most likely; not time after time, though.
      if (!isOutdated || failures >= MANY_FAILURES) {
        this.#warn(error, `failed to bring the ${what} up to date`);
      }
      return backoffMs(FAILED, failures, (this.#options.random ?? Math.random)());
    }
  }

  #throttle(): number {
    const { now, log } = this.#options;
    if (this.#writes.take(now())) return 0;
    const warning = 'somebody else keeps changing the certificates or the caBundle, writing slowly';
    if (this.#isNewWarning(warning)) log.warn(warning);
    return this.#writes.waitMs(now());
  }

  #warn(cause: unknown, message: string): void {
    if (this.#stopping.signal.aborted) return;
    const { status, reason, message: error } = errorOfNetwork(cause);
    if (this.#isNewWarning(message + error)) this.#options.log.warn({ status, reason, error }, message);
  }

  #isNewWarning(text: string): boolean {
    const nowMs = this.#options.now();
    if (nowMs - (this.#warned.get(text) ?? -Infinity) < WARN_EVERY_MS) return false;
    if (this.#warned.size > 100) this.#warned.clear();
    this.#warned.set(text, nowMs);
    return true;
  }

  readonly #trustedForMs = (authority: string): number | undefined => {
    const since = this.#observed.trusted.get(authority);
    return since === undefined ? undefined : this.#options.now() - since;
  };

  /** What has to be in every bundle: what the Secret says, and what is served here even if it says otherwise. */
  #needed(): Certificate[] {
    return distinct([...(this.#readSecret()?.authorities ?? []), this.#serving?.issuer]);
  }

  #readSecret(): StoredCertificates | undefined {
    const record = this.#secret.current;
    if (record === undefined) return undefined;
    if (this.#stored?.of !== record) {
      this.#stored = { of: record, read: readStoredCertificates(record.data, this.#names) };
    }
    return this.#stored.read;
  }

  #readBundles(): readonly ReadBundle[] {
    const record = this.#configuration.current;
    if (record === undefined) return [];
    if (this.#bundles?.of !== record) {
      this.#bundles = { of: record, read: record.webhooks.map(({ caBundle }) => readBundle(caBundle)) };
    }
    return this.#bundles.read;
  }
}

interface ReadBundle {
  readonly facts: BundleFacts;
  readonly certificates: readonly Certificate[];
}

function readBundle(caBundle: string): ReadBundle {
  const { certificates, unreadable } = readCertificates(caBundle);
  return {
    certificates,
    facts: { unreadable, authorities: certificates.map(({ fingerprint }) => fingerprint) },
  };
}

function nameOf({ x509 }: Certificate): string {
  return x509.subject.replaceAll('\n', ', ');
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
