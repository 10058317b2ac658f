import { controllerState, isFor, type ControllerState } from '../installation/installation.ts';
import type { Tracing } from './tracing.ts';

/** What is known of a controller that has not done what it should have. */
export interface Lateness {
  /** Undefined if it is not known. */
  readonly controller: ControllerState | undefined;
  /** The namespaces that it is for, if this one is not among them. */
  readonly follows: readonly string[] | undefined;
}

/** Why nobody has acted: no controller leads, it is for other namespaces, or nobody may see it. */
export function lateness({ evidence, found }: Tracing): Lateness {
  const installation = found.installation();
  if (installation === undefined) return { controller: undefined, follows: undefined };
  const controller = controllerState(installation);
  if (controller.kind === 'unknown') found.forbid(controller.what);
  const { namespace } = evidence.view;
  return { controller, follows: isFor(installation, namespace) ? undefined : installation.follows };
}
