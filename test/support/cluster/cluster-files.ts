import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import type { CertificateAuthority, KeyedCertificate } from './certificates.ts';
import { controlPlaneFiles } from './control-plane-files.ts';
import { layoutOf, serverUrl } from './control-plane.ts';
import type { ControlPlaneLayout } from './control-plane.ts';
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
  const files = layoutOf(layout.directory);
  const { authority, admin, contents } = await controlPlaneFiles(files, {
    name: 'jobflow local cluster',
    serverUrl: serverUrl(layout),
    serverAddresses: ['127.0.0.1', '10.0.0.1'],
  });
  await mkdir(files.logs, { recursive: true });
  await mkdir(files.podLogs, { recursive: true });
  await writeSharedLog(files.podLogs, Date.now());
  await mkdir(dirname(files.caCert), { recursive: true });
  const further: [string, string][] = [
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
  await Promise.all([...contents, ...further].map(([path, text]) => writeFile(path, text, { mode: 0o600 })));
  return { authority, admin };
}
