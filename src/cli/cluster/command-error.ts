import { ApiError } from '../../kube/api-error.ts';
import { KubeconfigError } from '../../kube/kubeconfig.ts';
import { EXIT_CODES, type ExitCode } from '../terminal/terminal.ts';

/** Ends a command; the message is for the user, one sentence with what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT_CODES.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What a sentence about an error needs to know. */
export interface Asked {
  /** The URL of the API server. */
  readonly server: string;
}

/**
 * Puts an error of talking to a cluster into one sentence for the user.
 *
 * @returns undefined for an error that is none of the user's, such as one of the program itself
 */
export function sentenceOf(error: unknown, { server }: Asked): string | undefined {
  if (error instanceof CommandError || error instanceof KubeconfigError) return error.message;
  if (!(error instanceof ApiError)) return undefined;
  const { status, message, reason = '' } = error;
  const said = message.replace(/\.$/, '');
  switch (status) {
    case undefined:
      return unansweredSentence(server, said, reason);
    case 401:
      return `The cluster at ${server} does not accept your credentials, which are wrong or have expired; log in again, or use another --context.`;
    case 403:
      return said.includes('User "system:anonymous"')
        ? `The cluster at ${server} does not know who you are, since your kubeconfig has no credentials for it; log in, or use another --context.`
        : `${said}; ask for that right, or use another namespace or --context.`;
    case 404:
      return missingSentence(said);
    default:
      return error.kind === 'retry'
        ? `The cluster at ${server} could not answer (${said.includes(String(status)) ? said : `${status}: ${said}`}); try again.`
        : `${said.replace(/^the API/, 'The API')}.`;
  }
}

/** What Node.js says of a certificate that it does not trust (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const UNTRUSTED = /CERT|UNABLE_TO_(VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH/;
/** And of one of its own that it cannot read (https://nodejs.org/api/errors.html#openssl-error-codes). */
const UNREADABLE = /^ERR_OSSL_(PEM|X509|EVP|ASN1)/;

/** Nothing answered, or nobody who can be trusted. */
function unansweredSentence(server: string, said: string, reason: string): string {
  if (UNREADABLE.test(reason))
    return `The certificates of your kubeconfig cannot be used (${said}); correct them, or use another --context.`;
  if (UNTRUSTED.test(reason))
    return `The certificate of the cluster at ${server} is not trusted (${said.split(';')[0] ?? ''}); correct certificate-authority in your kubeconfig, or use another --context.`;
  return `The cluster at ${server} cannot be reached (${said}); see that it runs, and that --context names the right one.`;
}

/** A 404 of the API server: of a namespace, of an object, or of a resource that it does not have. */
function missingSentence(said: string): string {
  const namespace = /^namespaces "(.*)" not found$/.exec(said)?.[1];
  if (namespace !== undefined)
    return `Namespace "${namespace}" does not exist; create it, or name another with -n.`;
  if (said.startsWith('the server could not find the requested resource'))
    return 'The cluster does not know this kind of object; install jobflow there (see docs/install.md), or use another --context.';
  return `${said}.`;
}
