import { ApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import { admissionChecks, type AdmissionCheck } from './admission-checks.ts';

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

/** What shows that an installed jobflow works: both programs are ready, and the API server asks the webhook. */
export function installChecks(install: CheckedInstall): readonly InstallCheck[] {
  const { connection, namespace, webhookHealthUrl, controllerHealthUrl } = install;
  return [
    { name: 'the webhook is ready', problem: () => readinessProblem(webhookHealthUrl) },
    { name: 'the controller is ready', problem: () => readinessProblem(controllerHealthUrl) },
    ...admissionChecks(connection, namespace).map((check) => ({
      name: check.name,
      problem: () => admissionProblem(check),
    })),
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

async function admissionProblem({ ask }: AdmissionCheck): Promise<string | undefined> {
  try {
    const answer = await ask();
    switch (answer.kind) {
      case 'asExpected':
        return undefined;
      case 'notAsked':
        return answer.said;
      case 'notReached':
      case 'refusedElsewhere':
        return `the API server refuses it for another reason: ${answer.said}`;
    }
  } catch (error) {
    if (error instanceof ApiError) return `the API server does not answer: ${error.message}`;
    throw error;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
