import { RETRY_ANNOTATION } from '../../api/names.ts';
import { confirm } from '../terminal/confirm.ts';
import { readNamespace } from '../cluster/read-objects.ts';
import type { Session } from '../cluster/session.ts';
import { chooseTargets, type Choice } from '../targets/choose-targets.ts';
import { dryRunSuffix, type DryRun } from '../targets/dry-run.ts';
import { allTargets, referenceTo, type Target } from '../targets/target.ts';
import { writtenObjects, type ObjectForm } from '../targets/written-object.ts';
import { EXIT_CODES, type Terminal } from '../terminal/terminal.ts';
import { viewNamespace } from '../view/namespace-view.ts';
import { carryOut, tryOut, type RetryWork } from './carry-out.ts';
import { planRetry } from './plan-retry.ts';
import { recreatedJob } from './recreated-job.ts';
import { RetryUnits } from './retry-units.ts';
import { planTable } from './show-plan.ts';

/** The kinds that can be run again, in the order in which a name alone is looked for. */
const KINDS = ['job', 'jobflow', 'daemonjob'] as const;

/** One run of `jobflow retry`. */
export interface RetryRun {
  readonly choice: Pick<Choice, 'words' | 'selector'>;
  /** Nobody is asked. */
  readonly yes: boolean;
  readonly dryRun: DryRun;
  /** Prints the objects in place of what was done. */
  readonly output: ObjectForm | undefined;
  /** Where Jobs are kept between their deletion and their making; the first that can be written. */
  readonly folders: readonly string[];
}

/**
 * Shows what would be run again, asks, and runs it again. States exit code 1 if something that is named could not be.
 *
 * @throws CommandError if nothing was done for a reason that a sentence tells, or it could not go on
 * @throws ApiError if nothing answers, or nothing can be read
 */
export async function retry(session: Session, terminal: Terminal, run: RetryRun): Promise<void> {
  const { connection, namespace } = session;
  const objects = await readNamespace(connection, namespace);
  const nowMs = connection.serverTimeMs();
  const view = viewNamespace(objects, nowMs);
  const { targets, problems, isBySelector } = await chooseTargets(session, objects, {
    ...run.choice,
    kinds: KINDS,
  });
  const units = new RetryUnits(view, nowMs);
  const references = targets.map(referenceTo);
  const named = isBySelector ? references.map((name) => units.unitOf(name)?.id ?? name) : references;
  const plan = planRetry(view, named, nowMs);
  // Labels find what is well, too.
  const refusals = [...problems, ...(isBySelector ? [] : plan.problems)];
  for (const sentence of [...refusals, ...plan.leftOut, ...plan.steps.flatMap(({ warnings }) => warnings)])
    terminal.err(`${sentence}\n`);
  terminal.end(refusals.length > 0 ? EXIT_CODES.failed : EXIT_CODES.ok);
  if (plan.steps.length === 0) {
    if (refusals.length === 0) terminal.err('Nothing of that has failed or was skipped.\n');
    return;
  }
  const known = new Map(allTargets(objects, KINDS).map((target) => [referenceTo(target), target]));
  const works = plan.steps.flatMap((step): RetryWork[] => {
    const target = known.get(step.unit.id);
    return target === undefined ? [] : [{ step, target }];
  });
  const value = new Date(nowMs).toISOString();
  const { dryRun, output } = run;
  if (dryRun !== 'client') {
    const found = await tryOut(works, { connection, namespace, value });
    for (const sentence of found) terminal.err(`${sentence}\n`);
    if (found.length > 0) {
      terminal.err('Nothing has been done.\n');
      terminal.end(EXIT_CODES.failed);
      return;
    }
  }
  const table = planTable(plan.steps, view, terminal);
  if (dryRun !== 'none') {
    if (output === undefined) terminal.out(`${table}${suffixLine(dryRun)}`);
    else
      terminal.out(
        writtenObjects(
          works.map((work) => asWritten(work.target, value)),
          output,
        ),
      );
    return;
  }
  if (!run.yes) terminal.err(table);
  if (!(await confirm(terminal, questionOf(works), run.yes))) {
    terminal.err('Nothing has been done.\n');
    terminal.end(EXIT_CODES.failed);
    return;
  }
  const done: Target[] = [];
  try {
    await carryOut(works, {
      connection,
      namespace,
      value,
      folders: run.folders,
      interruption: terminal.interruption(),
      uidOf: (name) => view.parts.get(name)?.record?.uid,
      onDone: (target) => {
        done.push(target);
        const verb = target.kind === 'job' ? 'made anew' : 'retried';
        if (output === undefined) terminal.out(`${writtenObjects([target], 'name').trim()} ${verb}\n`);
      },
      onNote: (sentence) => {
        terminal.err(`${sentence}\n`);
      },
    });
  } finally {
    if (output !== undefined) terminal.out(writtenObjects(done, output));
  }
}

function suffixLine(dryRun: DryRun): string {
  return `Nothing has been done${dryRunSuffix(dryRun)}.\n`;
}

function questionOf(works: readonly RetryWork[]): string {
  const what = works.length === 1 ? 'this' : `these ${works.length}`;
  const hasJobs = works.some(({ target }) => target.kind === 'job');
  return `Run ${what} again?${hasJobs ? ' Jobs are made anew: their old pods and logs go.' : ''}`;
}

/** An object as it would be written. */
function asWritten(target: Target, value: string): Target {
  if (target.kind === 'job') return { ...target, object: recreatedJob(target.object) };
  const { metadata } = target.object;
  const annotations = { ...metadata.annotations, [RETRY_ANNOTATION]: value };
  return { ...target, object: { ...target.object, metadata: { ...metadata, annotations } } } as Target;
}
