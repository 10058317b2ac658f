import { isIP } from 'node:net';
import { refusal } from '../../api/errors.ts';
import type { JsonObject } from '../../api/job.ts';
import { findingAt, type Findings } from './findings.ts';
import type { ListedJob, PipelineSettings } from './pipeline.ts';
import {
  entriesOf,
  fieldsOf,
  isNull,
  isStated,
  itemsOf,
  joinedField,
  notAllowed,
  readText,
  readWholeNumber,
  refuseMissing,
  refuseValue,
  requireText,
  type StatedValue,
} from './stated-value.ts';
import { TEXT_RULES } from './text-rules.ts';

/** The largest number in a Job's 32-bit fields. */
const INT32 = 2 ** 31 - 1;

/** The largest `ttlSecondsAfterFinished`, in whole minutes. */
const MOST_MINUTES = Math.floor(INT32 / 60);

const KNOWN = [
  'runmode',
  'cleanuptime',
  'namespace',
  'image',
  'completions',
  'parallelism',
  'activeDeadlineSeconds',
  'restartPolicy',
  'completionMode',
  'imagePullSecrets',
  'dnsConfig',
  'jobs',
] as const;

/**
 * Reads `jobs.yaml`: what the Jobs share, and which of them waits for which.
 *
 * @param at the whole of it
 * @param findings takes what is wrong with it
 */
export function readSettings(
  at: StatedValue,
  findings: Findings,
): { readonly settings: PipelineSettings; readonly listed: readonly ListedJob[] } {
  const fields = fieldsOf(at, KNOWN, findings);
  const wholeFromOne = (field: StatedValue | undefined, what: string, most = INT32) =>
    readWholeNumber(field, { least: 1, most, what }, findings);
  const settings = {
    runMode: readRunMode(fields.runmode, findings),
    cleanupMinutes: readWholeNumber(
      fields.cleanuptime,
      { least: 0, most: MOST_MINUTES, what: 'minutes' },
      findings,
    ),
    namespace: readText(fields.namespace, TEXT_RULES.namespace, findings),
    image: readText(fields.image, TEXT_RULES.image, findings),
    completions: wholeFromOne(fields.completions, 'how many pods have to succeed'),
    parallelism: wholeFromOne(fields.parallelism, 'how many pods run at once'),
    activeDeadlineSeconds: wholeFromOne(fields.activeDeadlineSeconds, 'seconds', Number.MAX_SAFE_INTEGER),
    completionMode: readText(fields.completionMode, TEXT_RULES.completionMode, findings),
    imagePullSecrets: itemsOf(fields.imagePullSecrets, 'a list of objects with a name', findings).map(
      (item): JsonObject => {
        const { name } = fieldsOf(item, ['name'], findings);
        return { name: requireText(item, 'name', name, TEXT_RULES.secret, findings) ?? '' };
      },
    ),
    dnsConfig: readDnsConfig(fields.dnsConfig, findings),
  };
  warnOfRestarts(fields.restartPolicy, findings);
  refuseUncountedIndexes(settings, fields.completionMode, findings);
  return { settings, listed: readListedJobs(at, fields.jobs, findings) };
}

/** The older tool read it and went by its environment variable RUN_MODE instead. */
const RUN_MODES: readonly string[] = ['in-cluster', 'out-cluster'];

function readRunMode(at: StatedValue | undefined, findings: Findings): string | undefined {
  const mode = readText(at, TEXT_RULES.any, findings);
  if (isStated(at) && mode !== undefined && mode !== '' && !RUN_MODES.includes(mode)) {
    const message = `${at.field}: "${mode}" means nothing, and is left out; remove it, or write in-cluster or out-cluster.`;
    findings.warnings.push(findingAt(at.source, at.value.position, message));
  }
  return mode;
}

function warnOfRestarts(at: StatedValue | undefined, findings: Findings): void {
  const policy = readText(at, TEXT_RULES.restartPolicy, findings);
  if (!isStated(at) || policy !== 'OnFailure') return;
  const message = `${at.field}: "OnFailure" becomes "Never", as in every Job that waits: what fails is tried again in a new pod, as often as the Job's backoffLimit allows.`;
  findings.warnings.push(findingAt(at.source, at.value.position, message));
}

/** The API server counts no indexes where only parallelism is stated (pkg/apis/batch/validation). */
function refuseUncountedIndexes(
  { completionMode, completions, parallelism }: PipelineSettings,
  at: StatedValue | undefined,
  findings: Findings,
): void {
  if (at === undefined || completionMode !== 'Indexed') return;
  if (completions !== undefined || parallelism === undefined) return;
  const allowed = 'completions too, or "NonIndexed"';
  refuseValue(at, notAllowed(at, allowed), findings);
}

/** Limits of the API server (pkg/apis/core/validation, validatePodDNSConfig). */
const MOST_NAMESERVERS = 3;

function readDnsConfig(at: StatedValue | undefined, findings: Findings): JsonObject | undefined {
  const { nameservers, searches, options } = fieldsOf(at, ['nameservers', 'searches', 'options'], findings);
  const addresses = itemsOf(nameservers, 'a list of IP addresses', findings);
  if (nameservers !== undefined && addresses.length > MOST_NAMESERVERS) {
    const message = `${nameservers.field}: ${addresses.length} are more than the limit of ${MOST_NAMESERVERS}; remove some.`;
    refuseValue(nameservers, message, findings);
  }
  const ip = { isValid: (text: string) => isIP(text) !== 0, allowed: 'an IP address' };
  const config = {
    nameservers: addresses.flatMap((item) => readText(item, ip, findings) ?? []),
    searches: itemsOf(searches, 'a list of domains', findings).flatMap(
      (item) => readText(item, TEXT_RULES.notEmpty, findings) ?? [],
    ),
    options: itemsOf(options, 'a list of objects with name and value', findings).map((item): JsonObject => {
      const { name, value } = fieldsOf(item, ['name', 'value'], findings);
      const text = readText(value, TEXT_RULES.any, findings);
      return {
        name: requireText(item, 'name', name, TEXT_RULES.notEmpty, findings) ?? '',
        ...(text !== undefined && { value: text }),
      };
    }),
  };
  const stated = Object.entries(config).filter(([, list]) => list.length > 0);
  return stated.length === 0 ? undefined : Object.fromEntries(stated);
}

function readListedJobs(owner: StatedValue, at: StatedValue | undefined, findings: Findings): ListedJob[] {
  const listed = entriesOf(at, findings).map(({ name, at: job, keyPosition }): ListedJob => {
    if (!TEXT_RULES.job.isValid(name)) {
      const message = refusal('FieldNotAllowed', {
        field: at?.field ?? '',
        value: name,
        allowed: TEXT_RULES.job.allowed,
      }).message;
      findings.problems.push(findingAt(job.source, keyPosition, message));
    }
    const { depends_on: dependsOn } = fieldsOf(job, ['depends_on'], findings);
    const items = itemsOf(dependsOn, 'a list of Jobs, such as ["extract"]', findings);
    return {
      name,
      at: job,
      dependsOn: items.flatMap((item) => {
        if (isNull(item)) refuseMissing(item, item.field, TEXT_RULES.job.allowed, findings);
        const upstream = readText(item, TEXT_RULES.notEmpty, findings);
        return upstream === undefined ? [] : [{ name: upstream, at: item }];
      }),
    };
  });
  if (listed.length === 0 && (!isStated(at) || at.value.kind === 'map')) {
    const field = joinedField(owner.field, 'jobs');
    refuseMissing(at ?? owner, field, 'the Jobs by name, each with the list "depends_on"', findings);
  }
  return listed;
}
