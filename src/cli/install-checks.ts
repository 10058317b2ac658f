import { API_GROUP, API_VERSION, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../api/names.ts';
import { ApiError } from '../kube/api-error.ts';
import { apiPath, type Connection } from '../kube/connection.ts';

/** One thing that an installed jobflow does. */
export interface InstallCheck {
  /** As a sentence: `the webhook is ready`. */
  readonly name: string;
  /** Looks once; gives what is wrong, or undefined. Never throws. */
  readonly problem: () => Promise<string | undefined>;
}

/** What the checks ask. */
export interface CheckedInstall {
  readonly connection: Connection;
  /** Where the Jobs of dry runs are asked for; nothing is stored. */
  readonly namespace: string;
  /** `http://host:port` of the webhook's and the controller's health servers. */
  readonly webhookHealthUrl: string;
  readonly controllerHealthUrl: string;
}

/** How long one look may take, in milliseconds. */
const LOOK_MS = 10_000;

/**
 * What shows that an installed jobflow works: both programs are ready, and the API server asks the webhook. Requests
 * to the API server are dry runs, which leave no trace
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
 */
export function installChecks(install: CheckedInstall): readonly InstallCheck[] {
  const { webhookHealthUrl, controllerHealthUrl } = install;
  return [
    { name: 'the webhook is ready', problem: () => readinessProblem(webhookHealthUrl) },
    { name: 'the controller is ready', problem: () => readinessProblem(controllerHealthUrl) },
    { name: 'a Job that depends on another is made to wait', problem: () => gatingProblem(install) },
    { name: 'a Job that claims to be released is refused', problem: () => forgeryProblem(install) },
    { name: 'a JobFlow with a cycle is refused', problem: () => cycleProblem(install) },
  ];
}

async function readinessProblem(healthUrl: string): Promise<string | undefined> {
  try {
    const answer = await fetch(`${healthUrl}/readyz`, { signal: AbortSignal.timeout(LOOK_MS) });
    const text = await answer.text();
    return answer.ok ? undefined : `${healthUrl}/readyz answers ${answer.status}: ${text.trim()}`;
  } catch (error) {
    return `${healthUrl}/readyz does not answer: ${messageOf(error)}`;
  }
}

async function gatingProblem({ connection, namespace }: CheckedInstall): Promise<string | undefined> {
  const answer = await dryRun(
    connection,
    jobsPath(namespace),
    job({ [USER_ANNOTATIONS.dependsOn]: 'another' }),
  );
  if (answer instanceof ApiError) return `the API server refuses it: ${answer.message}`;
  const { metadata, spec } = answer as {
    metadata?: { annotations?: Record<string, string> };
    spec?: { suspend?: boolean };
  };
  const gated = metadata?.annotations?.[OWN_ANNOTATIONS.gated] !== undefined;
  if (spec?.suspend === true && gated) return undefined;
  return 'the API server does not ask the webhook about it: see the MutatingWebhookConfiguration';
}

async function forgeryProblem({ connection, namespace }: CheckedInstall): Promise<string | undefined> {
  const forged = job({ [OWN_ANNOTATIONS.releasedAt]: '2000-01-01T00:00:00Z' });
  return problemOfRefusal(await dryRun(connection, jobsPath(namespace), forged), OWN_ANNOTATIONS.releasedAt);
}

async function cycleProblem({ connection, namespace }: CheckedInstall): Promise<string | undefined> {
  const entry = (name: string, dependency: string) => ({
    name,
    dependencies: [dependency],
    jobTemplate: jobSpec(),
  });
  const flow = {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: 'JobFlow',
    metadata: { name: 'jobflow-install-check' },
    spec: { flows: [entry('a', 'b'), entry('b', 'a')] },
  };
  const path = apiPath`/apis/api.practice.com/v1alpha1/namespaces/${namespace}/jobflows`;
  return problemOfRefusal(await dryRun(connection, path, flow), '→');
}

/** A refusal that does not say what jobflow says in such a case is somebody else's, such as of a missing right. */
function problemOfRefusal(answer: unknown, said: string): string | undefined {
  if (!(answer instanceof ApiError)) return 'the API server accepts it';
  if (answer.message.includes(said)) return undefined;
  return `it is refused for another reason: ${answer.message}`;
}

async function dryRun(connection: Connection, path: string, body: object): Promise<unknown> {
  try {
    return await connection.request({
      method: 'POST',
      path,
      query: { dryRun: 'All' },
      body,
      timeoutMs: LOOK_MS,
    });
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

function jobsPath(namespace: string): string {
  return apiPath`/apis/batch/v1/namespaces/${namespace}/jobs`;
}

function job(annotations: Readonly<Record<string, string>>): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'jobflow-install-check', annotations },
    spec: jobSpec(),
  };
}

/** As careful as clusters may ask for, though no pod is ever made of it. */
function jobSpec(): object {
  return {
    template: {
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'none',
            image: 'none',
            resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '1m', memory: '1Mi' } },
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    },
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
