import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';

/** Where an API server is and what proves who we are, as a kubeconfig or a pod's service account says it. */
export interface ClusterAccess {
  /** `https://host:port`, perhaps with a path. */
  readonly server: string;
  /** The namespace of the context, or of the pod. */
  readonly namespace: string | undefined;
  readonly ca: Buffer | undefined;
  readonly tlsServerName: string | undefined;
  readonly skipTlsVerify: boolean;
  readonly clientCertificate: Buffer | undefined;
  readonly clientKey: Buffer | undefined;
  readonly token: string | undefined;
  /** `user:password`, as basic authentication takes it. */
  readonly basic: string | undefined;
  readonly impersonate: Readonly<Record<string, string | string[]>>;
  /** A credential plugin, in the form of the kubeconfig's `exec`, or undefined. */
  readonly exec: Record<string, unknown> | undefined;
  /** The name of the kubeconfig's user. */
  readonly userName: string;
}

/** Where to look for access to a cluster. */
export interface AccessSource {
  /** A kubeconfig file, or several joined as KUBECONFIG joins them. */
  readonly kubeconfigPath?: string | undefined;
  /** The context to use instead of the current one. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** No usable access to a cluster was found; the message says where and what to mend. */
export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
  readonly code = 'KUBECONFIG';
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Reads access to a cluster: the given kubeconfig, else KUBECONFIG, else the pod's service account, else
 * `~/.kube/config`. Every call reads the files again, since kubelet replaces projected tokens about every hour
 * (https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#launch-a-pod-using-service-account-token-projection).
 *
 * The official client can do this too, but loading it costs some 90 MB, more than the rest of the process.
 *
 * @throws KubeconfigError if there is none, or it cannot be used
 */
export async function readAccess({ kubeconfigPath, context, env }: AccessSource): Promise<ClusterAccess> {
  const paths = kubeconfigPath ?? nonEmpty(env.KUBECONFIG);
  if (paths !== undefined) return accessOfFiles(paths.split(delimiter).filter(Boolean), context);
  const host = nonEmpty(env.KUBERNETES_SERVICE_HOST);
  if (host !== undefined) return accessOfPod(host, env.KUBERNETES_SERVICE_PORT ?? '443');
  return accessOfFiles([defaultPath(env)], context);
}

/**
 * Reads the names of the contexts: of the given kubeconfig, else of KUBECONFIG, else of `~/.kube/config`.
 *
 * @throws KubeconfigError if a file cannot be read
 */
export async function readContextNames({
  kubeconfigPath,
  env,
}: Omit<AccessSource, 'context'>): Promise<string[]> {
  const paths = kubeconfigPath ?? nonEmpty(env.KUBECONFIG) ?? defaultPath(env);
  const files = await readFiles(paths.split(delimiter).filter(Boolean));
  const contexts = files.flatMap(({ fields }): unknown[] =>
    Array.isArray(fields.contexts) ? fields.contexts : [],
  );
  return contexts.flatMap((context) => (isFields(context) ? (text(context, 'name') ?? []) : []));
}

function defaultPath(env: AccessSource['env']): string {
  return join(env.HOME ?? homedir(), '.kube', 'config');
}

function accessOfPod(host: string, port: string): ClusterAccess {
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    namespace: readBytes(join(SERVICE_ACCOUNT, 'namespace')).toString().trim(),
    ca: readBytes(join(SERVICE_ACCOUNT, 'ca.crt')),
    tlsServerName: undefined,
    skipTlsVerify: false,
    clientCertificate: undefined,
    clientKey: undefined,
    token: readBytes(join(SERVICE_ACCOUNT, 'token')).toString().trim(),
    basic: undefined,
    impersonate: {},
    exec: undefined,
    userName: 'service-account',
  };
}

type Fields = Readonly<Record<string, unknown>>;

interface Entry {
  readonly folder: string;
  readonly fields: Fields;
}

async function accessOfFiles(
  paths: readonly string[],
  wantedContext: string | undefined,
): Promise<ClusterAccess> {
  const files = await readFiles(paths);
  const shown = paths.join(delimiter);
  const contextName =
    wantedContext ??
    files.map(({ fields }) => text(fields, 'current-context')).find((name) => name !== undefined);
  if (contextName === undefined)
    throw new KubeconfigError(
      `${shown}: current-context: missing; set it, or name a context${namesIn(files, 'contexts')}.`,
    );
  const context = find(files, 'contexts', 'context', contextName, shown);
  const userName = text(context.fields, 'user') ?? '';
  const cluster = find(files, 'clusters', 'cluster', text(context.fields, 'cluster') ?? '', shown);
  return accessOfEntries({
    context,
    cluster,
    user: find(files, 'users', 'user', userName, shown),
    userName,
    shown,
  });
}

async function readFiles(paths: readonly string[]): Promise<Entry[]> {
  // Not needed in a pod, so not loaded there.
  const { parse } = await import('yaml');
  // As kubectl does: of several files some may be missing.
  const there = paths.length > 1 ? paths.filter((path) => existsSync(path)) : paths;
  return (there.length > 0 ? there : paths).map((path): Entry => {
    const fields = parseText(readBytes(path).toString(), path, parse);
    if (!isFields(fields))
      throw new KubeconfigError(`${path}: not a kubeconfig; write an object of kind Config.`);
    return { folder: dirname(resolve(path)), fields };
  });
}

function parseText(content: string, path: string, parse: (content: string) => unknown): unknown {
  try {
    return parse(content);
  } catch (cause) {
    // Its first line ends with where it is; what follows is the text itself, which may hold a token.
    const said = cause instanceof Error ? (cause.message.split('\n')[0] ?? '').replace(/:$/, '') : '';
    throw new KubeconfigError(`${path}: is no YAML (${said}); correct it.`, { cause });
  }
}

interface Entries {
  readonly context: Entry;
  readonly cluster: Entry;
  readonly user: Entry;
  readonly userName: string;
  readonly shown: string;
}

function accessOfEntries({ context, cluster, user, userName, shown }: Entries): ClusterAccess {
  const server = text(cluster.fields, 'server');
  if (server === undefined) throw new KubeconfigError(`${shown}: server: missing; write https://host:port.`);
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? '')) {
    throw new KubeconfigError(`${shown}: server: "${server}" is no address; write https://host:port.`);
  }
  if (text(cluster.fields, 'proxy-url') !== undefined) {
    throw new KubeconfigError(`${shown}: proxy-url: not supported; use a cluster entry without it.`);
  }
  if (user.fields['auth-provider'] !== undefined) {
    throw new KubeconfigError(`${shown}: auth-provider: not supported any more; use exec credentials.`);
  }
  const { exec } = user.fields;
  const name = text(user.fields, 'username');
  return {
    server,
    namespace: text(context.fields, 'namespace'),
    ca: bytes(cluster, 'certificate-authority'),
    tlsServerName: text(cluster.fields, 'tls-server-name'),
    skipTlsVerify: cluster.fields['insecure-skip-tls-verify'] === true,
    clientCertificate: bytes(user, 'client-certificate'),
    clientKey: bytes(user, 'client-key'),
    token: tokenOf(user),
    basic: name === undefined ? undefined : `${name}:${text(user.fields, 'password') ?? ''}`,
    impersonate: impersonationOf(user.fields),
    exec: isFields(exec) ? { ...exec } : undefined,
    userName,
  };
}

/** As in client-go, the file wins over the token beside it. */
function tokenOf({ folder, fields }: Entry): string | undefined {
  const file = text(fields, 'tokenFile');
  return file === undefined
    ? text(fields, 'token')?.trim()
    : readBytes(resolve(folder, file)).toString().trim();
}

function impersonationOf(fields: Fields): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const user = text(fields, 'as');
  const uid = text(fields, 'as-uid');
  const groups = fields['as-groups'];
  if (user !== undefined) headers['impersonate-user'] = user;
  if (uid !== undefined) headers['impersonate-uid'] = uid;
  if (Array.isArray(groups)) headers['impersonate-group'] = groups.map(String);
  return headers;
}

/** The first file that has the entry wins, as in kubectl. */
function find(files: readonly Entry[], list: string, kind: string, name: string, shown: string): Entry {
  for (const { folder, fields } of files) {
    const entries: unknown = fields[list];
    if (!Array.isArray(entries)) continue;
    for (const entry of entries) {
      if (!isFields(entry) || entry.name !== name) continue;
      const found = entry[kind];
      return { folder, fields: isFields(found) ? found : {} };
    }
  }
  const use = list === 'contexts' ? `use another${namesIn(files, list)}` : 'use another context';
  throw new KubeconfigError(`${shown}: ${list}: there is no "${name}"; add it or ${use}.`);
}

/** Names that a sentence shows. */
const SHOWN_NAMES = 5;

/** The names in a list, for a sentence: ` ("test", "prod")`; empty if there are none. */
function namesIn(files: readonly Entry[], list: string): string {
  const names = files.flatMap(({ fields }) => {
    const entries: unknown = fields[list];
    return Array.isArray(entries)
      ? entries.flatMap((entry) => (isFields(entry) ? [String(entry.name)] : []))
      : [];
  });
  const shown = names.slice(0, SHOWN_NAMES).map((name) => `"${name}"`);
  if (names.length > SHOWN_NAMES) shown.push('…');
  return shown.length === 0 ? '' : ` (${shown.join(', ')})`;
}

/** A field that is either a path (relative to its file) or, with the suffix `-data`, base64; data wins. */
function bytes({ folder, fields }: Entry, key: string): Buffer | undefined {
  const data = text(fields, `${key}-data`);
  if (data !== undefined) return Buffer.from(data, 'base64');
  const path = text(fields, key);
  return path === undefined ? undefined : readBytes(resolve(folder, path));
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new KubeconfigError(
      `${path}: ${READ_PROBLEMS[code] ?? `cannot be read (${code})`}; ${WRITE_PATH}.`,
      {
        cause,
      },
    );
  }
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read',
  EISDIR: 'is a folder',
};
const WRITE_PATH = 'check the path, the variable KUBECONFIG and permissions';

function text(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' ? nonEmpty(value) : undefined;
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
