import { X509Certificate } from 'node:crypto';
import type { WebhookConfig } from '../config.ts';
import type { Program } from '../program.ts';
import { followTlsFiles, type KeyPair } from '../tls-reload.ts';
import { SelfSignedCertificates } from './self-signed.ts';

/** The serving certificate of this process, which changes while it runs. */
export interface FollowedCertificate {
  /** What is to be served now. */
  readonly pair: KeyPair;
  /** When it ends, in milliseconds since the epoch. */
  readonly expiryMs: number;
  /** Calls the taker with what is to be served now, and with everything that is to be served later. */
  onChange(take: (pair: KeyPair) => void): void;
}

/**
 * Follows the serving certificate to where the settings say that it comes from, until the program stops. With
 * self-signed certificates the program is not ready while the API server does not trust what is served.
 *
 * @returns once there is a certificate
 * @throws if the certificate is to come from files that cannot be used
 */
export async function followCertificate(program: Program<WebhookConfig>): Promise<FollowedCertificate> {
  const { config, connection, log, shutdown, now, addReadiness } = program;
  const served = new ServedPair();
  const onChange = (pair: KeyPair): void => {
    served.set(pair);
  };
  switch (config.certificateMode) {
    case 'files': {
      const files = { certFile: config.tlsCertFile, keyFile: config.tlsKeyFile };
      const tls = await followTlsFiles({ ...files, log, onChange });
      served.set(tls.current);
      shutdown.add('TLS files', () => {
        tls.stop();
      });
      return served;
    }
    case 'self-signed': {
      const certificates = new SelfSignedCertificates({
        connection,
        log,
        namespace: config.namespace,
        settings: config.selfSigned,
        now,
        onServe: onChange,
      });
      addReadiness({ name: 'certificate', problem: () => certificates.problem });
      shutdown.add('certificates', () => certificates.stop());
      certificates.start();
      await certificates.whenServing;
      return served;
    }
  }
}

class ServedPair implements FollowedCertificate {
  #pair: KeyPair = { cert: '', key: '' };
  #expiryMs = 0;
  #take: (pair: KeyPair) => void = () => undefined;

  get pair(): KeyPair {
    return this.#pair;
  }

  get expiryMs(): number {
    return this.#expiryMs;
  }

  onChange(take: (pair: KeyPair) => void): void {
    this.#take = take;
    take(this.#pair);
  }

  set(pair: KeyPair): void {
    this.#pair = pair;
    this.#expiryMs = new X509Certificate(pair.cert).validToDate.getTime();
    this.#take(pair);
  }
}
