import type { RequestOptions } from 'node:https';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { KubeconfigError, readAccess } from './kubeconfig.ts';
import type { AccessSource, ClusterAccess } from './kubeconfig.ts';

/** What a TLS connection to the API server needs. */
export interface TlsMaterial {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | string | undefined;
  readonly key: Buffer | string | undefined;
  readonly servername: string | undefined;
  readonly rejectUnauthorized: boolean;
}

/** Request headers that say who is asking. */
export type AuthHeaders = Readonly<Record<string, string | string[]>>;

/** How long credentials are used before their files are read again; client-go's figure for token files. */
const REREAD_AFTER_MS = 60_000;

/**
 * Who we are to one API server. Token, certificates and CA are read again once a minute at most, and after a 401, so
 * that rotated ones are taken up without a restart.
 */
export class Credentials {
  /** The server's URL, as it was at the start. */
  readonly server: string;
  /** The namespace of the context, or of the pod. */
  readonly namespace: string | undefined;
  readonly #source: AccessSource;
  readonly #now: () => number;
  #exec = new ExecAuth();
  #headers: AuthHeaders = {};
  #tls: TlsMaterial;
  #readAtMs: number;
  #reading: Promise<boolean> | undefined;

  private constructor(source: AccessSource, access: ClusterAccess, now: () => number) {
    this.#source = source;
    this.#now = now;
    this.#readAtMs = now();
    this.#tls = tlsOf(access);
    this.server = access.server;
    this.namespace = access.namespace;
  }

  /**
   * Finds and reads the credentials.
   *
   * @param source where to look
   * @param now a monotonic clock, in milliseconds
   * @throws KubeconfigError if there are none
   */
  static async load(source: AccessSource, now: () => number): Promise<Credentials> {
    const access = await readAccess(source);
    const credentials = new Credentials(source, access, now);
    await credentials.#take(access);
    return credentials;
  }

  /** The TLS material for the next connection; the same object until something in it has changed. */
  get tls(): TlsMaterial {
    return this.#tls;
  }

  /** The headers for the next request. */
  async headers(): Promise<AuthHeaders> {
    if (this.#now() - this.#readAtMs >= REREAD_AFTER_MS) await this.#reread();
    return this.#headers;
  }

  /**
   * Reads everything again, and asks a credential plugin again, because the API server has answered 401.
   *
   * @returns whether that gave other credentials, so that asking again is worth it
   */
  async renew(): Promise<boolean> {
    if (this.#reading === undefined) this.#exec = new ExecAuth();
    return this.#reread();
  }

  /** One reading at a time; one that fails leaves the old credentials in use until the next. */
  #reread(): Promise<boolean> {
    this.#reading ??= (async () => {
      const before = this.#headers;
      try {
        await this.#take(await readAccess(this.#source));
      } catch {
        // A file that is being replaced, a plugin without network: the old credentials may still be good, and if
        // they are not, the API server's 401 reaches the caller.
      } finally {
        this.#readAtMs = this.#now();
        this.#reading = undefined;
      }
      return JSON.stringify(before) !== JSON.stringify(this.#headers);
    })();
    return this.#reading;
  }

  async #take(access: ClusterAccess): Promise<void> {
    const fromPlugin = await askPlugin(this.#exec, access);
    const headers: Record<string, string | string[]> = { ...access.impersonate };
    if (access.basic !== undefined)
      headers.authorization = `Basic ${Buffer.from(access.basic).toString('base64')}`;
    const token = access.token ?? fromPlugin.token;
    if (token !== undefined) headers.authorization = `Bearer ${token}`;
    this.#headers = headers;
    const tls = { ...tlsOf(access), ...fromPlugin.tls };
    if (!sameMaterial(tls, this.#tls)) this.#tls = tls;
  }
}

interface PluginCredential {
  readonly token?: string;
  readonly tls?: Pick<TlsMaterial, 'cert' | 'key'>;
}

/** Runs the kubeconfig's credential plugin; the official client's own code keeps its answer until it expires. */
async function askPlugin(
  plugin: ExecAuth,
  { exec, userName, server }: ClusterAccess,
): Promise<PluginCredential> {
  if (exec === undefined) return {};
  const answer: RequestOptions = {};
  try {
    await plugin.applyAuthentication({ name: userName, exec: withExecInfo(exec, server) }, answer);
  } catch (cause) {
    throw new KubeconfigError(pluginProblem(cause, exec, userName), { cause });
  }
  const { headers, cert, key } = answer;
  const authorization =
    headers !== undefined && 'Authorization' in headers ? headers.Authorization : undefined;
  return {
    ...(typeof authorization === 'string' ? { token: authorization.replace(/^Bearer /, '').trim() } : {}),
    ...(typeof cert === 'string' && typeof key === 'string' ? { tls: { cert, key } } : {}),
  };
}

/** Why a credential plugin gave nothing, in a sentence. What it wrote to its standard output stays secret. */
function pluginProblem(cause: unknown, { command }: Record<string, unknown>, userName: string): string {
  const plugin = `users: the credential plugin "${String(command)}" of "${userName}"`;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
    return `${plugin} is not installed; install it, or use another context.`;
  if (cause instanceof SyntaxError)
    return `${plugin} gave no ExecCredential in JSON; correct it, or use another context.`;
  const said = cause instanceof Error ? cause.message.trim().split('\n').at(-1) : undefined;
  return `${plugin} failed${said ? ` (${said.replace(/\.$/, '')})` : ''}; log in again, or use another context.`;
}

/** Plugins of `client.authentication.k8s.io/v1` expect to be told the version and the cluster. */
function withExecInfo(exec: Record<string, unknown>, server: string): Record<string, unknown> {
  const stated: unknown[] = Array.isArray(exec.env) ? exec.env : [];
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, cluster: { server } },
  };
  return { ...exec, env: [...stated, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }] };
}

function tlsOf({
  ca,
  clientCertificate,
  clientKey,
  tlsServerName,
  skipTlsVerify,
}: ClusterAccess): TlsMaterial {
  return {
    ca,
    cert: clientCertificate,
    key: clientKey,
    servername: tlsServerName,
    rejectUnauthorized: !skipTlsVerify,
  };
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  const same = (x: Buffer | string | undefined, y: Buffer | string | undefined): boolean =>
    x === y || (x !== undefined && y !== undefined && Buffer.from(x).equals(Buffer.from(y)));
  return (
    same(a.ca, b.ca) &&
    same(a.cert, b.cert) &&
    same(a.key, b.key) &&
    a.servername === b.servername &&
    a.rejectUnauthorized === b.rejectUnauthorized
  );
}
