import { stat } from 'node:fs/promises';
import { formatDuration } from '../../api/duration.ts';
import {
  applyObjects,
  placeObjects,
  type AppliedObject,
  type ApplyOptions,
  type PlacedObject,
} from '../apply/apply-objects.ts';
import { readRunInput, type RunPipeline } from '../apply/read-run-input.ts';
import { ResourceCatalog } from '../apply/resource-catalog.ts';
import { readVariables } from '../apply/set-env.ts';
import { followedKind, isCronJob, describeObject } from '../apply/to-apply.ts';
import { CommandError } from '../cluster/command-error.ts';
import { readNamespace, type NamespaceObjects } from '../cluster/read-objects.ts';
import { withCluster, type Session } from '../cluster/session.ts';
import { FailureLogs } from '../follow/failure-logs.ts';
import { RunFollower, type RunEnd, type RunReporter } from '../follow/follow-run.ts';
import { PlainReporter } from '../follow/plain-reporter.ts';
import { ScreenReporter } from '../follow/screen-reporter.ts';
import { formatObjects } from '../manifests/write-objects.ts';
import { EXIT_CODES, type ExitCode, type Terminal } from '../terminal/terminal.ts';
import { readDuration } from '../options/read-duration.ts';
import { appliedLines, countWords, partlyAppliedWords, ungatedJobs } from './applied-words.ts';
import { dryRunHere } from './dry-run.ts';
import { followedNames, followedNamespaces } from './followed-names.ts';
import { prepareObjects, type RunPlan } from './prepare-objects.ts';
import { deleteEnded, endedObjects } from './replace-ended.ts';
import { wayBack, type RunWords } from './run-options.ts';

/** Where a pod has the configuration of a pipeline in the older form, unless JOBFLOW_PIPELINE names another folder. */
const PIPELINE_FOLDER = '/work/config';

/** The longest that a timer of Node.js waits, in milliseconds: some 25 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What surrounds a run. */
export interface RunPlace {
  readonly terminal: Terminal;
  /** How the user calls this program. */
  readonly programName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** `jobflow run`: checks, applies and follows to the end; the exit code tells how it ended. */
export async function run(words: RunWords, place: RunPlace): Promise<void> {
  const { terminal } = place;
  const plan = await tellingErrors(terminal, () => planRun(words, place));
  if (plan === undefined) return;
  if (words.dryRun === 'client') {
    await tellingErrors(terminal, () => dryRunHere(words, plan, terminal));
    return;
  }
  await withCluster(terminal, words, (session) => new Run(words, plan, place, session).run());
}

async function planRun(words: RunWords, { env }: RunPlace): Promise<RunPlan> {
  const timeoutMs = readDuration('--timeout', words.timeout);
  const deleteAfterMs = readDuration('--delete-after', words.deleteAfter);
  if (words.output !== undefined && !words.detach && words.dryRun === 'none')
    throw new CommandError(
      '-o needs --detach or --dry-run; without them the output is what goes on.',
      EXIT_CODES.usage,
    );
  return {
    paths: words.filename ?? [await pipelineFolder(env)],
    timeoutMs,
    deleteAfterSeconds: deleteAfterMs === undefined ? undefined : Math.ceil(deleteAfterMs / 1_000),
    variables: readVariables(words.setEnv),
  };
}

/** In a pod the configuration is mounted, and nobody names it. */
async function pipelineFolder(env: RunPlace['env']): Promise<string> {
  const folder = env.JOBFLOW_PIPELINE ?? PIPELINE_FOLDER;
  const isThere = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isThere) return folder;
  throw new CommandError(
    `There is nothing to run; name files or folders with -f, or mount the configuration of a pipeline at ${folder}.`,
    EXIT_CODES.usage,
  );
}

/** Ends with the exit code of a CommandError, told; for what needs no cluster. */
async function tellingErrors<T>(terminal: Terminal, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    terminal.err(`${error.message}\n`);
    terminal.end(error.exitCode);
    return undefined;
  }
}

/** One run against a cluster. */
class Run {
  readonly #words: RunWords;
  readonly #plan: RunPlan;
  readonly #place: RunPlace;
  readonly #session: Session;
  readonly #interruption: AbortSignal;
  readonly #beganMs = performance.now();

  constructor(words: RunWords, plan: RunPlan, place: RunPlace, session: Session) {
    this.#words = words;
    this.#plan = plan;
    this.#place = place;
    this.#session = session;
    this.#interruption = place.terminal.interruption();
  }

  /** @throws CommandError, ApiError */
  async run(): Promise<void> {
    const { connection, namespace } = this.#session;
    const { terminal } = this.#place;
    const { readInput } = terminal;
    const statedNamespace = this.#words.namespace;
    const reading = { readInput, recursive: this.#words.recursive, statedNamespace, namespace };
    const input = await readRunInput(this.#plan.paths, reading, terminal);
    if (input.hasErrors) {
      terminal.err('Nothing has been applied.\n');
      terminal.end(EXIT_CODES.failed);
      return;
    }
    const targets = prepareObjects(input, this.#plan, terminal);
    const catalog = new ResourceCatalog(connection);
    const placed = await placeObjects(targets, catalog, { namespace, statedNamespace });
    if (this.#words.dryRun === 'server' || this.#words.detach) await this.#applyOnly(placed, catalog);
    else await this.#applyAndFollow(placed, catalog, input.pipelines);
  }

  async #applyOnly(placed: readonly PlacedObject[], catalog: ResourceCatalog): Promise<void> {
    const dryRun = this.#words.dryRun === 'server';
    const { terminal } = this.#place;
    if (!dryRun) {
      const objects = await this.#objectsOf(placed);
      await this.#replaceEnded(placed, objects);
    }
    const applied = await this.#apply(placed, catalog, { dryRun });
    const note = dryRun ? ' (server dry run)' : '';
    const { output } = this.#words;
    if (output === undefined) terminal.out(appliedLines(applied, note));
    else if (output === 'name')
      terminal.out(applied.map(({ resource, name }) => `${resource.label}/${name}\n`).join(''));
    else
      terminal.out(
        formatObjects(
          applied.map(({ answer }) => answer),
          output,
        ),
      );
  }

  async #objectsOf(
    placed: readonly PlacedObject[],
  ): Promise<(namespace: string) => NamespaceObjects | undefined> {
    const found = new Map<string, NamespaceObjects>();
    for (const namespace of followedNamespaces(placed))
      found.set(namespace, await readNamespace(this.#session.connection, namespace));
    return (namespace) => found.get(namespace);
  }

  /** @returns the UIDs of what has ended, whether it stays or has been deleted */
  async #replaceEnded(
    placed: readonly PlacedObject[],
    objects: (namespace: string) => NamespaceObjects | undefined,
  ): Promise<ReadonlySet<string>> {
    const ended = endedObjects(placed, objects);
    if (this.#words.replace) await deleteEnded(this.#session.connection, ended, this.#interruption);
    return new Set(ended.map(({ uid }) => uid));
  }

  /** @throws CommandError if not all could be applied */
  async #apply(
    placed: readonly PlacedObject[],
    catalog: ResourceCatalog,
    options: Pick<ApplyOptions, 'dryRun' | 'onProgress'>,
  ): Promise<readonly AppliedObject[]> {
    const { connection } = this.#session;
    const leftMs = this.#leftMs;
    const timeout =
      leftMs === undefined
        ? []
        : [AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(leftMs)), LONGEST_TIMER_MS))];
    const report = await applyObjects(connection, catalog, placed, {
      ...options,
      force: this.#words.forceConflicts,
      signal: AbortSignal.any([this.#interruption, ...timeout]),
    });
    const { failure, left } = report;
    if (failure === undefined && left.length === 0) return report.applied;
    const because = this.#interruption.aborted ? 'Interrupted.' : this.#tooLong();
    const sentences = partlyAppliedWords(report, because, { server: connection.server });
    if (sentences === undefined) throw failure?.error;
    const code = this.#interruption.aborted ? EXIT_CODES.interrupted : EXIT_CODES.timeout;
    throw new CommandError(sentences.trimEnd(), failure === undefined ? code : EXIT_CODES.failed);
  }

  /** What is left of the time that it may take, in milliseconds; undefined if it may take any. */
  get #leftMs(): number | undefined {
    const { timeoutMs } = this.#plan;
    return timeoutMs === undefined ? undefined : this.#beganMs + timeoutMs - performance.now();
  }

  #tooLong(): string {
    return `It has taken longer than ${this.#words.timeout ?? ''}.`;
  }

  async #applyAndFollow(
    placed: readonly PlacedObject[],
    catalog: ResourceCatalog,
    pipelines: readonly RunPipeline[],
  ): Promise<void> {
    const { connection } = this.#session;
    const reporter = this.#reporter();
    for (const pipeline of pipelines) tellOrder(pipeline, reporter);
    const logs = new FailureLogs({
      connection,
      tell: reporter.log,
      commandLine: (command, namespace) => this.#commandLine(command, namespace),
    });
    // From before anything is applied, so that nothing is missed.
    const follower = await RunFollower.begin(connection, followedNamespaces(placed));
    try {
      this.#refuseUnreadable(placed, follower);
      const endedBefore = await this.#replaceEnded(placed, (namespace) => follower.objects(namespace));
      if (this.#words.replace) await follower.forget(endedBefore, this.#interruption);
      const onProgress = (count: number): void => {
        reporter.note(`Applied ${count} of ${placed.length} objects.`);
      };
      const applied = await this.#apply(placed, catalog, { dryRun: false, onProgress });
      reporter.note(`Applied ${countWords(applied)}.`);
      this.#tellDeletion(reporter, applied, pipelines);
      this.#tellUngated(applied);
      for (const { target } of applied) {
        if (isCronJob(target))
          reporter.note(`${describeObject(target)}: the Jobs that it will make are not followed.`);
      }
      const leftMs = this.#leftMs;
      const end = await follower.untilOver(followedNames(applied, endedBefore), {
        reporter,
        logs,
        deadlineMs: leftMs === undefined ? undefined : performance.now() + leftMs,
        interruption: this.#interruption,
      });
      this.#tellEnd(end, applied);
    } finally {
      await follower.stop();
    }
  }

  #reporter(): RunReporter {
    const { terminal } = this.#place;
    const nowMs = (): number => this.#session.connection.serverTimeMs();
    const commandLine = (command: string, namespace: string): string => this.#commandLine(command, namespace);
    const style = { commandLine, nowMs };
    return terminal.size() === undefined
      ? new PlainReporter(terminal, style)
      : new ScreenReporter(terminal, style);
  }

  #commandLine(command: string, namespace: string): string {
    const { namespace: own, sameOptions } = this.#session;
    const there = namespace === own ? sameOptions : ` -n ${namespace}${sameOptions}`;
    return `${this.#place.programName} ${command}${there}`;
  }

  /** @throws CommandError for a kind that the user may not follow */
  #refuseUnreadable(placed: readonly PlacedObject[], follower: RunFollower): void {
    for (const { target, namespace } of placed) {
      const kind = followedKind(target);
      if (kind === undefined || kind === 'Job') continue;
      const resource = `${kind.toLowerCase()}s`;
      const unread = follower.objects(namespace)?.unread.find((one) => one.resource === resource);
      if (unread !== undefined)
        throw new CommandError(
          `${describeObject(target)} cannot be followed: ${unread.sentence} Or write --detach. Nothing has been applied.`,
        );
    }
  }

  #tellDeletion(
    { note }: RunReporter,
    applied: readonly AppliedObject[],
    pipelines: readonly RunPipeline[],
  ): void {
    const { deleteAfterSeconds } = this.#plan;
    if (deleteAfterSeconds !== undefined) {
      const flows = applied.some(({ target }) => target.kind === 'JobFlow')
        ? ', and jobflow each JobFlow'
        : '';
      note(
        `Kubernetes deletes each Job ${formatDuration(deleteAfterSeconds * 1_000)} after its end${flows}.`,
      );
      return;
    }
    for (const { file, cleanupMinutes } of pipelines) {
      if (cleanupMinutes === undefined) continue;
      const after = cleanupMinutes === 0 ? 'at' : `${formatDuration(cleanupMinutes * 60_000)} after`;
      note(`Kubernetes deletes each Job ${after} its end, as cleanuptime in ${file} says.`);
    }
  }

  #tellUngated(applied: readonly AppliedObject[]): void {
    const ungated = ungatedJobs(applied);
    const [first] = ungated;
    if (first === undefined) return;
    const others = ungated.length === 1 ? '' : ` and ${ungated.length - 1} more`;
    this.#place.terminal.err(
      `Job "${first.name}"${others} does not wait: jobflow’s webhook has not seen it; see ${this.#commandLine('doctor', this.#session.namespace)}.\n`,
    );
  }

  #tellEnd(end: RunEnd, applied: readonly AppliedObject[]): void {
    const { terminal, programName } = this.#place;
    const codes: Readonly<Record<RunEnd, ExitCode>> = {
      complete: EXIT_CODES.ok,
      failed: EXIT_CODES.failed,
      timeout: EXIT_CODES.timeout,
      interrupted: EXIT_CODES.interrupted,
    };
    terminal.end(codes[end]);
    if (end !== 'timeout' && end !== 'interrupted') return;
    const isRepeatable = applied.every(({ target }) => target.name !== '');
    const { status, run: again } = wayBack(programName, this.#words, this.#plan.paths, isRepeatable);
    const why = end === 'timeout' ? this.#tooLong() : 'Interrupted.';
    // A terminal shows ^C where the cursor is.
    const gap = end === 'interrupted' && terminal.size() !== undefined ? '\n' : '';
    terminal.err(`${gap}${why} The Jobs go on. To see them:\n  ${status}\n`);
    if (again !== undefined) terminal.err(`To follow them again:\n  ${again}\n`);
  }
}

/** Prints in which order the Jobs of a pipeline are run. */
function tellOrder({ file, jobs }: RunPipeline, { note }: RunReporter): void {
  note(`The order of ${file}:`);
  const width = String(jobs.length).length;
  for (const [index, { name, dependsOn }] of jobs.entries()) {
    const after = dependsOn.length === 0 ? '' : ` after ${dependsOn.join(', ')}`;
    note(`${String(index + 1).padStart(width)}. ${name}${after}`);
  }
}
