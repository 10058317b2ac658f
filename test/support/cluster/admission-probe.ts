import { readPath } from './api-client.ts';
import type { ApiAnswer, ApiClient } from './api-client.ts';
import { API_GROUP, USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { waitUntil } from './wait-until.ts';

/*
 * An API server takes a new policy or webhook configuration into use a moment after it has stored it. These
 * probes are dry runs: they ask for a Job that must be changed or refused, and nothing is stored.
 */

/** Waits until the policy refuses a held Job that is not suspended. Call it while no webhook is configured. */
export async function untilPolicyInForce(api: ApiClient, namespace = 'default'): Promise<void> {
  await waitUntil(
    'the admission policy to be in force',
    async () => (await createHeldJob(api, namespace)).status >= 400,
    { limitMs: 20_000 },
  );
}

/** Waits until the webhook suspends a held Job. */
export async function untilWebhookInForce(api: ApiClient, namespace = 'default'): Promise<void> {
  let last: ApiAnswer | undefined;
  await waitUntil(
    'the webhook to be called',
    async () => {
      last = await createHeldJob(api, namespace);
      return readPath(last.body, 'spec', 'suspend') === true;
    },
    {
      limitMs: 20_000,
      explain: () =>
        `The last answer: ${last?.status ?? 'none'} ${JSON.stringify(readPath(last?.body, 'message'))}`,
    },
  );
}

async function createHeldJob(api: ApiClient, namespace: string): Promise<ApiAnswer> {
  return api.request('POST', `/apis/batch/v1/namespaces/${namespace}/jobs?dryRun=All`, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: `admission-probe.${API_GROUP}`, annotations: { [USER_ANNOTATIONS.hold]: 'true' } },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none' }] } } },
  });
}
