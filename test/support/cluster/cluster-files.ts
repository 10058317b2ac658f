import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import { createCertificateAuthority, generateServiceAccountKeys } from './certificates.ts';
import type { CertificateAuthority, KeyedCertificate } from './certificates.ts';
import { layoutOf, serverUrl } from './control-plane.ts';
import type { ControlPlaneLayout } from './control-plane.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { kwokLogs, writeSharedLog } from './pod-logs.ts';
import { kwokConfiguration, kwokStages } from './stages.ts';

/**
 * Writes every file that a control plane reads at its start: certificates, keys, kubeconfigs, the audit policy,
 * kwok's stages and the log that pods have.
 *
 * @returns the authority behind the certificates, and the admin's own
 */
export async function writeClusterFiles(
  layout: ControlPlaneLayout,
): Promise<{ authority: CertificateAuthority; admin: KeyedCertificate }> {
  const authority = await createCertificateAuthority('jobflow local cluster');
  const [server, admin, controllerManager, scheduler] = await Promise.all([
    authority.issue({
      commonName: 'kube-apiserver',
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
      ipAddresses: ['127.0.0.1', '10.0.0.1'],
    }),
    authority.issue({ commonName: 'admin', organizations: ['system:masters'] }),
    authority.issue({ commonName: 'system:kube-controller-manager' }),
    authority.issue({ commonName: 'system:kube-scheduler' }),
  ]);
  const tokens = generateServiceAccountKeys();
  const files = layoutOf(layout.directory);
  const url = serverUrl(layout);
  await mkdir(files.logs, { recursive: true });
  await mkdir(files.podLogs, { recursive: true });
  await writeSharedLog(files.podLogs, Date.now());
  await mkdir(dirname(files.caCert), { recursive: true });
  const contents: [string, string][] = [
    [files.caCert, authority.cert],
    [files.serverCert, server.cert],
    [files.serverKey, server.key],
    [files.serviceAccountPublic, tokens.publicKey],
    [files.serviceAccountPrivate, tokens.privateKey],
    [files.adminKubeconfig, kubeconfigText(url, authority.cert, admin)],
    [files.controllerManagerKubeconfig, kubeconfigText(url, authority.cert, controllerManager)],
    [files.schedulerKubeconfig, kubeconfigText(url, authority.cert, scheduler)],
    [
      files.auditPolicy,
      stringify({
        apiVersion: 'audit.k8s.io/v1',
        kind: 'Policy',
        omitStages: ['RequestReceived'],
        rules: [{ level: 'Metadata' }],
      }),
    ],
    [
      files.stages,
      [kwokConfiguration(), kwokLogs(files.podLogs), ...kwokStages()]
        .map((object) => stringify(object))
        .join('---\n'),
    ],
  ];
  await Promise.all(contents.map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
  return { authority, admin };
}
