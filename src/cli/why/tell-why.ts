import { writtenOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { CommandError } from '../cluster/command-error.ts';
import { assertNamespace } from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { installationFor } from '../installation/find-installations.ts';
import {
  DEFAULT_NAMESPACE,
  isAskedIn,
  webhookState,
  type Installation,
} from '../installation/installation.ts';
import { valueOf } from '../installation/reading.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { findSubject } from './find-subject.ts';
import { explainWithEvidence, lookAtNamespace } from './gather-evidence.ts';
import { jsonReport } from './report-json.ts';
import { textReport, type ReportInput } from './report-text.ts';
import type { TargetWord } from '../targets/target.ts';

/** How the answer is to be written. */
export type WhyForm = 'text' | 'json';

/**
 * Says why an object has not started, or has ended as it has.
 *
 * @param options what the user wrote to reach the cluster: the commands that are advised say the same
 * @throws CommandError if there is no such object
 * @throws ApiError if Jobs may not be read, or nothing answers
 */
export async function tellWhy(
  { connection, namespace, sameOptions }: Session,
  word: TargetWord,
  output: WhyForm,
  options: ClusterOptions,
  terminal: Terminal,
): Promise<void> {
  const look = await lookAtNamespace(connection, namespace);
  const subject = findSubject(viewNamespace(look.objects, look.nowMs), word);
  const unread = look.objects.unread
    .filter(({ because }) => because === 'forbidden')
    .map(({ sentence }) => sentence);
  if (!subject.ok) {
    await assertNamespace(connection, namespace);
    const webhook = refusalNote(await installationFor(connection, namespace), namespace);
    throw new CommandError([subject.sentence, ...webhook, ...unread].join('\n'));
  }
  const { explanation, evidence } = await explainWithEvidence(connection, look, subject.name);
  const installed = evidence.read.get('installation');
  const input: ReportInput = {
    view: evidence.view,
    same: sameOptions,
    elsewhere: (other) =>
      writtenOptions({ ...withoutNamespace(options), ...(other !== undefined && { namespace: other }) }),
    system: installed?.kind === 'installation' ? installed.installation.namespace : DEFAULT_NAMESPACE,
    nowMs: evidence.nowMs,
    unread,
  };
  terminal.out(
    output === 'json'
      ? `${JSON.stringify(jsonReport(explanation, input), undefined, 2)}\n`
      : textReport(explanation, input, terminal),
  );
}

function withoutNamespace(options: ClusterOptions): ClusterOptions {
  const { context, kubeconfig } = options;
  return { ...(context !== undefined && { context }), ...(kubeconfig !== undefined && { kubeconfig }) };
}

/** Whoever misses a Job may have had it refused: with the webhook away nothing annotated is created. */
function refusalNote(installation: Installation, namespace: string): string[] {
  const state = webhookState(installation);
  const configuration = valueOf(installation.configuration);
  if (state.kind !== 'noEndpoints' || configuration === undefined) return [];
  if (configuration.failurePolicy !== 'Fail' || !isAskedIn(configuration, namespace)) return [];
  return [
    `jobflow's webhook does not answer (Service ${state.service} has no pod that is ready), so that the creation of annotated Jobs is refused; see jobflow doctor.`,
  ];
}
