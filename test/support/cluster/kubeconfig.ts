import { stringify } from 'yaml';

/** How a client proves who it is. */
export type Credentials = { cert: string; key: string } | { token: string };

/** The text of a kubeconfig with everything embedded, so that it can be copied anywhere. */
export function kubeconfigText(server: string, caCert: string, credentials: Credentials): string {
  const user =
    'token' in credentials
      ? { token: credentials.token }
      : {
          'client-certificate-data': base64(credentials.cert),
          'client-key-data': base64(credentials.key),
        };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'jobflow', cluster: { server, 'certificate-authority-data': base64(caCert) } }],
    users: [{ name: 'jobflow', user }],
    contexts: [{ name: 'jobflow', context: { cluster: 'jobflow', user: 'jobflow' } }],
    'current-context': 'jobflow',
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
