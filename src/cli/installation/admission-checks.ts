import { API_GROUP, API_VERSION, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../api/names.ts';
import { ApiError } from '../../kube/api-error.ts';
import { collectionPaths } from '../../kube/collections.ts';
import type { Connection } from '../../kube/connection.ts';

/** What the API server does with an object that jobflow has to change or refuse. */
export type AdmissionAnswer =
  | { readonly kind: 'asExpected' }
  /** Nobody of jobflow has had a say; `said` tells what happened. */
  | { readonly kind: 'notAsked'; readonly said: string }
  /** It could not ask the webhook; `said` holds its own words. */
  | { readonly kind: 'notReached'; readonly said: string }
  /** Something else has refused it. */
  | { readonly kind: 'refusedElsewhere'; readonly said: string };

/** One thing that an installed jobflow does. */
export interface AdmissionCheck {
  /** As a sentence without its end: `a Job that depends on another is made to wait`. */
  readonly name: string;
  /** The resource of which the asking user has to be allowed to create objects. */
  readonly resource: 'jobs' | 'jobflows';
  /**
   * Asks once.
   *
   * @throws ApiError if nothing answers
   */
  readonly ask: () => Promise<AdmissionAnswer>;
}

/** How long one request may take, in milliseconds: as the shipped `timeoutSeconds` of the webhook, and a little more. */
const LOOK_MS = 15_000;

/**
 * What shows that the API server asks the webhook. Requests are dry runs, which leave no trace
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run).
 *
 * @param namespace where the objects are asked for
 */
export function admissionChecks(connection: Connection, namespace: string): readonly AdmissionCheck[] {
  const create = (resource: 'jobs' | 'jobflows', body: object): Promise<unknown> =>
    dryRun(connection, collectionPaths(resource, [namespace])[0] ?? '', body);
  return [
    {
      name: 'a Job that depends on another is made to wait',
      resource: 'jobs',
      ask: async () => gatingAnswer(await create('jobs', job({ [USER_ANNOTATIONS.dependsOn]: 'another' }))),
    },
    {
      name: 'a Job that claims to be released is refused',
      resource: 'jobs',
      ask: async () => {
        const forged = job({ [OWN_ANNOTATIONS.releasedAt]: '2000-01-01T00:00:00Z' });
        return refusalAnswer(await create('jobs', forged), OWN_ANNOTATIONS.releasedAt);
      },
    },
    {
      name: 'a JobFlow with a cycle is refused',
      resource: 'jobflows',
      ask: async () => refusalAnswer(await create('jobflows', flowWithCycle()), '→'),
    },
  ];
}

function gatingAnswer(answer: unknown): AdmissionAnswer {
  if (answer instanceof ApiError) return otherRefusal(answer);
  const { metadata, spec } = answer as {
    metadata?: { annotations?: Record<string, string> };
    spec?: { suspend?: boolean };
  };
  const gated = metadata?.annotations?.[OWN_ANNOTATIONS.gated] !== undefined;
  if (spec?.suspend === true && gated) return { kind: 'asExpected' };
  return {
    kind: 'notAsked',
    said: 'the API server does not ask the webhook about it: see the MutatingWebhookConfiguration',
  };
}

/** A refusal that does not say what jobflow says in such a case is somebody else's, such as of a missing right. */
function refusalAnswer(answer: unknown, said: string): AdmissionAnswer {
  if (!(answer instanceof ApiError)) return { kind: 'notAsked', said: 'the API server accepts it' };
  return answer.message.includes(said) ? { kind: 'asExpected' } : otherRefusal(answer);
}

/** Only in its words does the API server tell a webhook that it cannot reach from one that refuses. */
function otherRefusal({ message, status }: ApiError): AdmissionAnswer {
  const isOurs = status === undefined || /failed calling webhook "[^"]*\.api\.practice\.com"/.test(message);
  return { kind: isOurs ? 'notReached' : 'refusedElsewhere', said: message };
}

async function dryRun(connection: Connection, path: string, body: object): Promise<unknown> {
  try {
    const query = { dryRun: 'All' };
    return await connection.request({ method: 'POST', path, query, body, timeoutMs: LOOK_MS });
  } catch (error) {
    // Where no answer comes in time, it is somebody whom the API server asks that takes so long.
    if (error instanceof ApiError && (error.status !== undefined || error.reason === 'Timeout')) return error;
    throw error;
  }
}

function flowWithCycle(): object {
  const entry = (name: string, dependency: string): object => ({
    name,
    dependencies: [dependency],
    jobTemplate: jobSpec(),
  });
  return {
    apiVersion: `${API_GROUP}/${API_VERSION}`,
    kind: 'JobFlow',
    metadata: { name: 'jobflow-install-check' },
    spec: { flows: [entry('a', 'b'), entry('b', 'a')] },
  };
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
