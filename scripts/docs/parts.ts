import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import { parse } from 'yaml';
import { createGateMetrics } from '../../controller/jobs/gate-metrics.ts';
import { LIMITS } from '../../src/api/names.ts';
import { REFUSALS, type RefusalCode } from '../../src/api/errors.ts';
import { CLEANUP_SETTINGS } from '../../src/runtime/cleanup-config.ts';
import { CONTROLLER_SETTINGS, WEBHOOK_SETTINGS } from '../../src/runtime/config.ts';
import { registerBuildInfo, registerFollowing, registerRequests } from '../../src/runtime/metrics.ts';
import type { Setting } from '../../src/runtime/settings.ts';
import { createWebhookMetrics } from '../../webhook/metrics.ts';
import { ALERT_NOTES, type AlertNote } from './alert-notes.ts';
import { chartValues } from './chart-values.ts';
import { EVENT_NOTES } from './event-notes.ts';
import { LIMIT_MEANINGS, OWN_KEYS, USER_KEYS, type KeyNote } from './key-notes.ts';
import { REFUSAL_GROUPS, REFUSAL_NOTES, type RefusalGroup } from './refusal-notes.ts';
import { WARNING_NOTES } from './warning-notes.ts';

/** The parts of pages that are made from the source, by the name in their markers. */
export const PARTS: Readonly<Record<string, () => string | Promise<string>>> = {
  'user-keys': () => keysTable(USER_KEYS),
  'own-keys': () => keysTable(OWN_KEYS),
  limits: limitsTable,
  refusals: refusalSections,
  events: eventsTable,
  warnings: warningSections,
  policy: policyMessages,
  'chart-values': chartValuesTable,
  alerts: alertSections,
  'webhook-settings': () => settingsTable(WEBHOOK_SETTINGS),
  'controller-settings': () => settingsTable(CONTROLLER_SETTINGS),
  'cleanup-settings': () => settingsTable(CLEANUP_SETTINGS),
  'common-metrics': () => metricsTable(COMMON_METRICS),
  'webhook-metrics': () => metricsTable(WEBHOOK_METRICS),
  'controller-metrics': () => metricsTable(CONTROLLER_METRICS),
};

/** Where the policy is whose messages are listed. */
const POLICY_FILE = new URL('../../manifests/policy/policy.yaml', import.meta.url);

function keysTable(keys: readonly KeyNote[]): string {
  return table(
    ['key', 'value', 'meaning'],
    keys.map((note) => [link(note), note.value, note.meaning]),
  );
}

/** Headings of the page are the names behind the prefix. */
function link({ key, anchor = key.replace(/^.*\//, '') }: KeyNote): string {
  return `[\`${key}\`](#${anchor})`;
}

function limitsTable(): string {
  const rows = Object.entries(LIMITS).map(([name, limit]) => [
    limit.toLocaleString('en-US'),
    LIMIT_MEANINGS[name as keyof typeof LIMITS],
  ]);
  return table(['at most', 'of what'], rows);
}

function refusalSections(): string {
  const codes = Object.keys(REFUSALS) as RefusalCode[];
  return (Object.keys(REFUSAL_GROUPS) as RefusalGroup[])
    .map((group) => {
      const { title, text } = REFUSAL_GROUPS[group];
      const entries = codes.filter((code) => REFUSAL_NOTES[code].group === group).map(refusalSection);
      return [`### ${title}`, text, ...entries].join('\n\n');
    })
    .join('\n\n');
}

function refusalSection(code: RefusalCode): string {
  const { cause, mend } = REFUSAL_NOTES[code];
  return [`#### ${code}`, codeBlock(REFUSALS[code]), `**Why:** ${cause}`, `**What to do:** ${mend}`].join(
    '\n\n',
  );
}

function eventsTable(): string {
  return table(
    ['reason', 'type', 'written by', 'meaning'],
    Object.entries(EVENT_NOTES).map(([reason, { type, from, meaning }]) => [
      `\`${reason}\``,
      type,
      from,
      meaning,
    ]),
  );
}

function warningSections(): string {
  return Object.values(WARNING_NOTES)
    .map(({ when, shown }) => `${when}\n\n${codeBlock(`Warning: ${shown}`)}`)
    .join('\n\n');
}

function alertSections(): string {
  const overview = table(
    ['alert', 'severity', 'symptom'],
    Object.entries<AlertNote>(ALERT_NOTES).map(([name, { severity, summary }]) => [
      `[${name}](#${name.toLowerCase()})`,
      severity,
      summary,
    ]),
  );
  const sections = Object.entries<AlertNote>(ALERT_NOTES).map(([name, note]) =>
    [
      `### ${name}`,
      `${note.summary} (${note.severity}, after ${note.for})`,
      `\`\`\`promql\n${note.expr}\n\`\`\``,
      `**Effect:** ${note.effect}`,
      table(
        ['cause', 'action'],
        note.causes.map(({ cause, action }) => [cause, action]),
      ),
    ].join('\n\n'),
  );
  return [overview, ...sections].join('\n\n');
}

async function policyMessages(): Promise<string> {
  const policy = parse(await readFile(POLICY_FILE, 'utf8')) as {
    spec: { validations: readonly { message: string }[] };
  };
  return policy.spec.validations.map(({ message }) => codeBlock(message.trim())).join('\n\n');
}

async function chartValuesTable(): Promise<string> {
  return table(
    ['value', 'default', 'meaning'],
    (await chartValues()).map(({ name, fallback, meaning }) => [`\`${name}\``, `\`${fallback}\``, meaning]),
  );
}

function settingsTable(settings: Readonly<Record<string, Setting<unknown>>>): string {
  return table(
    ['flag', 'environment variable', 'value', 'default', 'meaning'],
    Object.values(settings).map(({ flag, env, form, shownFallback, description }) => [
      `\`--${flag}\``,
      `\`${env}\``,
      form,
      shownFallback,
      description,
    ]),
  );
}

/** What each program registers, beside the process's own figures. */
export const COMMON_METRICS = (registry: Registry): void => {
  registerBuildInfo(registry);
  registerRequests(registry);
  registerFollowing(registry, {}, () => 0);
};
export const WEBHOOK_METRICS = (registry: Registry): void => {
  createWebhookMetrics(registry);
};
export const CONTROLLER_METRICS = (registry: Registry): void => {
  createGateMetrics(registry, {
    waitingGates: () => 0,
    cycles: () => 0,
    queues: () => [],
    isLeader: () => false,
    events: () => ({ created: 0, repeated: 0, dropped: 0 }),
  });
};

async function metricsTable(register: (registry: Registry) => void): Promise<string> {
  const registry = new Registry();
  register(registry);
  const metrics = await registry.getMetricsAsJSON();
  return table(
    ['metric', 'type', 'labels', 'meaning'],
    metrics.map(({ name, type, help }) => [`\`${name}\``, String(type), labelsOf(registry, name), help]),
  );
}

function labelsOf(registry: Registry, name: string): string {
  // prom-client's types leave it out.
  const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] };
  return labelNames
    .filter((label) => label !== 'le')
    .map((label) => `\`${label}\``)
    .join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function codeBlock(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}
