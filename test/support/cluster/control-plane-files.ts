import { createCertificateAuthority, generateServiceAccountKeys } from './certificates.ts';
import type { CertificateAuthority, KeyedCertificate } from './certificates.ts';
import { kubeconfigText } from './kubeconfig.ts';

/** Where a control plane keeps what its programs prove themselves with. */
export type ControlPlaneFiles = Readonly<
  Record<
    | 'caCert'
    | 'serverCert'
    | 'serverKey'
    | 'serviceAccountPublic'
    | 'serviceAccountPrivate'
    | 'adminKubeconfig'
    | 'controllerManagerKubeconfig'
    | 'schedulerKubeconfig',
    string
  >
>;

/** What is particular to one control plane. */
export type ControlPlaneIdentity = {
  /** The common name of its certificate authority. */
  name: string;
  /** `https://host:port`, as its own programs reach the API server. */
  serverUrl: string;
  /** The addresses that the API server's certificate is for. */
  serverAddresses: string[];
};

/** Certificates, keys and kubeconfigs of a control plane: each program is a user of its own. */
export async function controlPlaneFiles(
  files: ControlPlaneFiles,
  { name, serverUrl, serverAddresses }: ControlPlaneIdentity,
): Promise<{ authority: CertificateAuthority; admin: KeyedCertificate; contents: [string, string][] }> {
  const authority = await createCertificateAuthority(name);
  const [server, admin, controllerManager, scheduler] = await Promise.all([
    authority.issue({
      commonName: 'kube-apiserver',
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
      ipAddresses: serverAddresses,
    }),
    authority.issue({ commonName: 'admin', organizations: ['system:masters'] }),
    authority.issue({ commonName: 'system:kube-controller-manager' }),
    authority.issue({ commonName: 'system:kube-scheduler' }),
  ]);
  const tokens = generateServiceAccountKeys();
  const contents: [string, string][] = [
    [files.caCert, authority.cert],
    [files.serverCert, server.cert],
    [files.serverKey, server.key],
    [files.serviceAccountPublic, tokens.publicKey],
    [files.serviceAccountPrivate, tokens.privateKey],
    [files.adminKubeconfig, kubeconfigText(serverUrl, authority.cert, admin)],
    [files.controllerManagerKubeconfig, kubeconfigText(serverUrl, authority.cert, controllerManager)],
    [files.schedulerKubeconfig, kubeconfigText(serverUrl, authority.cert, scheduler)],
  ];
  return { authority, admin, contents };
}

/** What the API server knows its clients by, and signs with. */
export function apiServerIdentityArgs(files: ControlPlaneFiles): string[] {
  return [
    `--client-ca-file=${files.caCert}`,
    `--tls-cert-file=${files.serverCert}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--service-account-key-file=${files.serviceAccountPublic}`,
    `--service-account-signing-key-file=${files.serviceAccountPrivate}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--authorization-mode=Node,RBAC',
  ];
}

/** Who the controller manager is, and what it signs the tokens of service accounts with. */
export function controllerManagerIdentityArgs(files: ControlPlaneFiles): string[] {
  return [
    ...clientArgs(files.controllerManagerKubeconfig),
    `--service-account-private-key-file=${files.serviceAccountPrivate}`,
    `--root-ca-file=${files.caCert}`,
    '--use-service-account-credentials=true',
  ];
}

/** Who the scheduler is. */
export function schedulerIdentityArgs(files: ControlPlaneFiles): string[] {
  return clientArgs(files.schedulerKubeconfig);
}

/** A program of one replica, without a port of its own. */
function clientArgs(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
  ];
}
