import type { SecretDecision } from '../../core/certificates/plan-secret.ts';
import type { SelfSignedConfig } from '../config.ts';
import type { KeyPair } from '../tls-reload.ts';
import { issueServingCertificate, makeAuthority } from './make-certificates.ts';
import { SECRET_KEYS, type Serving, type StoredCertificates } from './stored-certificates.ts';

/** What new content of the Secret is made of. */
export interface ContentSources {
  /** What is in the Secret; undefined when there is none. */
  readonly stored: StoredCertificates | undefined;
  /** What this replica serves. */
  readonly served: Serving | undefined;
  /** What a certificate has to be for. */
  readonly names: readonly string[];
  readonly lives: Pick<SelfSignedConfig, 'certificateLifeMs' | 'authorityLifeMs'>;
  /** The API server's clock, in milliseconds since the epoch. */
  readonly nowMs: number;
}

/**
 * Makes the content that was decided on, with new keys.
 *
 * @returns values of the Secret by their keys, all of them
 * @throws TypeError if a certificate is to be issued and no authority can
 */
export async function makeSecretContent(
  decision: Exclude<SecretDecision, { kind: 'none' }>,
  sources: ContentSources,
): Promise<Record<string, string>> {
  const { stored, names, lives, nowMs } = sources;
  const issue = (authority: KeyPair, wanted: readonly string[]): Promise<KeyPair> =>
    issueServingCertificate({ authority, names: wanted, nowMs, lifeMs: lives.certificateLifeMs });
  if (decision.kind === 'newAuthority') {
    const authority = await makeAuthority({ nowMs, lifeMs: lives.authorityLifeMs });
    const kept = { stored: stored?.serving, served: sources.served, none: undefined }[decision.keep];
    const pair = kept?.pair ?? (await issue(authority, names));
    const trusted = kept === undefined ? [authority.cert] : [authority.cert, kept.issuer.pem];
    return contentOf(pair, trusted, authority.key);
  }
  if (stored?.signing === undefined) throw new TypeError('a certificate was to be issued by no authority');
  const { certificate, key } = stored.signing;
  const pair = await issue({ cert: certificate.pem, key }, [...new Set([...names, ...decision.alsoNames])]);
  return contentOf(pair, [certificate.pem], key);
}

/** The API server asks for SERVICE.NAMESPACE.svc; the longer name is for those who reach it in another way. */
export function namesToServe(
  namespace: string,
  { service, names }: Pick<SelfSignedConfig, 'service' | 'names'>,
): string[] {
  const inCluster = `${service}.${namespace}.svc`;
  return [...new Set([inCluster, `${inCluster}.cluster.local`, ...names])];
}

/** Certificates one after the other in one PEM text. */
export function pemText(pems: readonly string[]): string {
  return pems.map((pem) => `${pem.trim()}\n`).join('');
}

function contentOf(
  pair: KeyPair,
  authorities: readonly string[],
  authorityKey: string,
): Record<string, string> {
  return {
    [SECRET_KEYS.certificate]: pair.cert,
    [SECRET_KEYS.key]: pair.key,
    [SECRET_KEYS.authorities]: pemText(authorities),
    [SECRET_KEYS.authorityKey]: authorityKey,
  };
}
