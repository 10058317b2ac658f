import type { TemplateRecord } from '../../src/core/flow/flow-projection.ts';
import { planTemplate } from '../../src/core/flow/plan-template.ts';
import { isApiError } from '../../src/kube/api-error.ts';
import type { Connection } from '../../src/kube/connection.ts';
import type { EventRecorder } from '../../src/kube/events.ts';
import { statusRequest } from '../../src/kube/flow-requests.ts';
import type { TemplateUses } from './template-uses.ts';

/** What reconciling a JobTemplate needs. */
export interface TemplateReconcileOptions {
  /** The reflector's store, by `namespace/name`. */
  readonly templates: ReadonlyMap<string, TemplateRecord>;
  readonly uses: TemplateUses;
  readonly connection: Connection;
  readonly events: EventRecorder;
  /** Whether this replica may write. */
  readonly mayWrite: () => boolean;
}

/**
 * Reconciles one JobTemplate: observe, decide, act.
 *
 * @param key `namespace/name`
 * @throws ApiError if a write failed; the template is to be reconciled again
 */
export async function reconcileTemplate(
  key: string,
  { templates, uses, connection, events, mayWrite }: TemplateReconcileOptions,
): Promise<void> {
  const template = templates.get(key);
  if (template === undefined || !mayWrite()) return;
  for (const action of planTemplate(template, uses.of(key))) {
    switch (action.kind) {
      case 'writeStatus':
        try {
          await connection.request(statusRequest('jobtemplates', template, { ...action.status }));
        } catch (error) {
          if (isApiError(error, 'notFound')) return;
          throw error;
        }
        break;
      case 'announce': {
        const { namespace, name, uid } = template;
        events.announce({
          object: { apiVersion: 'api.practice.com/v1alpha1', kind: 'JobTemplate', namespace, name, uid },
          type: 'Normal',
          reason: action.reason,
          message: action.message,
        });
      }
    }
  }
}
