import { isIP } from 'node:net';
import { formatDuration } from '../api/duration.ts';
import { isNamespaceName, isResourceName } from '../api/kubernetes-names.ts';
import {
  addressSetting,
  choiceSetting,
  durationSetting,
  fileSetting,
  integerSetting,
  nameSetting,
  namesSetting,
  parseSettings,
  textSetting,
  type Environment,
  type ListenAddress,
  type ParsedSettings,
} from './settings.ts';

/** How much a program logs. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What both programs are told. */
export interface ProcessConfig {
  /** The file that settings were read from. */
  readonly configFile: string | undefined;
  /** Undefined inside a cluster: the pod's own service account is used. */
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  /** The namespaces whose objects are followed; none stands for all. */
  readonly namespaces: readonly string[];
  readonly healthAddress: ListenAddress;
  /** Who may read `/metrics`: accounts that the API server lets, or everybody. */
  readonly metricsAccess: 'api-server' | 'everybody';
  readonly logLevel: LogLevel;
  /** How long a stop may take, in milliseconds. */
  readonly shutdownTimeoutMs: number;
}

/** What the webhook is told about certificates that it makes for itself. */
export interface SelfSignedConfig {
  readonly secretName: string;
  readonly configurationName: string;
  /** The Service by which the API server reaches the webhook. */
  readonly service: string;
  /** DNS names and IP addresses beside those of the Service. */
  readonly names: readonly string[];
  /** How long a serving certificate is valid, in milliseconds, like all that follow. */
  readonly certificateLifeMs: number;
  readonly certificateRenewBeforeMs: number;
  readonly authorityLifeMs: number;
  readonly authorityRenewBeforeMs: number;
  /** How long an authority is in the configuration before anything is served by it. */
  readonly settleMs: number;
  /** How long an authority that is not needed any more stays in the configuration. */
  readonly overlapMs: number;
}

/** What the webhook is told. */
export interface WebhookConfig extends ProcessConfig {
  readonly listenAddress: ListenAddress;
  /** Where the serving certificate comes from. */
  readonly certificateMode: 'files' | 'self-signed';
  /** Used when the webhook makes its certificates itself. */
  readonly selfSigned: SelfSignedConfig;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** How long the webhook still answers, not ready, before it stops listening, in milliseconds. */
  readonly drainDelayMs: number;
}

/** What the controller is told. */
export interface ControllerConfig extends ProcessConfig {
  readonly leaseName: string;
  readonly identity: string;
  readonly workers: number;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

function isHostName(text: string): boolean {
  return isIP(text) !== 0 || isResourceName(text);
}

/** Every level, the most talkative first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The settings that every program of jobflow has. */
export const COMMON = {
  configFile: fileSetting({
    flag: 'config',
    shownFallback: 'none',
    description:
      'a file of settings in YAML, by the names of the flags in camelCase; logLevel in it is followed',
  }),
  kubeconfig: fileSetting({
    flag: 'kubeconfig',
    env: 'KUBECONFIG',
    shownFallback: 'the service account of the pod',
    description: 'the kubeconfig file to reach the API server with',
  }),
  namespace: textSetting({
    flag: 'namespace',
    fallback: 'jobflow-system',
    description: 'the namespace that jobflow itself runs in',
  }),
  namespaces: namesSetting({
    flag: 'namespaces',
    names: 'names of namespaces',
    isName: isNamespaceName,
    shownFallback: 'all',
    description: 'the namespaces whose Jobs and flows are followed; the others are left alone',
  }),
  healthAddress: addressSetting({
    flag: 'health-address',
    fallback: '0.0.0.0:8081',
    description: 'where /healthz, /readyz and /metrics are served, in plain HTTP',
  }),
  metricsAccess: choiceSetting({
    flag: 'metrics-access',
    words: ['api-server', 'everybody'],
    fallback: 'api-server',
    description: 'who may read /metrics: accounts with the right to get that non-resource URL, or everybody',
  }),
  logLevel: choiceSetting({
    flag: 'log-level',
    words: LOG_LEVELS,
    fallback: 'info',
    description: 'the least important level that is logged',
  }),
  shutdownTimeout: durationSetting({
    flag: 'shutdown-timeout',
    min: '1s',
    max: '10m',
    fallback: '25s',
    description: 'how long a stop may take before the process ends anyway',
  }),
};

/** Every setting of the webhook; its documentation is made from this table. */
export const WEBHOOK_SETTINGS = {
  ...COMMON,
  listenAddress: addressSetting({
    flag: 'listen-address',
    fallback: '0.0.0.0:9443',
    description: 'where the webhook listens, in HTTPS',
  }),
  certificateMode: choiceSetting({
    flag: 'certificate-mode',
    words: ['files', 'self-signed'],
    fallback: 'files',
    description:
      'where the certificate comes from: files that somebody else renews, or made by the webhook itself',
  }),
  tlsCertFile: textSetting({
    flag: 'tls-cert-file',
    fallback: '/etc/jobflow/tls/tls.crt',
    description: 'the certificate chain in PEM; read again when it changes',
  }),
  tlsKeyFile: textSetting({
    flag: 'tls-key-file',
    fallback: '/etc/jobflow/tls/tls.key',
    description: 'the private key in PEM; read again when it changes',
  }),
  certificateSecret: nameSetting({
    flag: 'certificate-secret',
    fallback: 'jobflow-webhook-tls',
    description: 'self-signed: the Secret that the replicas share their certificates in',
  }),
  webhookConfiguration: nameSetting({
    flag: 'webhook-configuration',
    fallback: 'jobflow',
    description: 'self-signed: the MutatingWebhookConfiguration whose caBundle is kept up to date',
  }),
  webhookService: nameSetting({
    flag: 'webhook-service',
    fallback: 'jobflow-webhook',
    description: 'self-signed: the Service whose names the certificate is for',
  }),
  certificateNames: namesSetting({
    flag: 'certificate-names',
    names: 'DNS names without wildcards, or IP addresses',
    isName: isHostName,
    shownFallback: 'none',
    description: 'self-signed: further names of the certificate, for a webhook that is called by a URL',
  }),
  certificateLife: durationSetting({
    flag: 'certificate-life',
    min: '1m',
    max: '87600h',
    fallback: '2160h',
    description: 'self-signed: how long a serving certificate is valid',
  }),
  certificateRenewBefore: durationSetting({
    flag: 'certificate-renew-before',
    min: '10s',
    max: '87600h',
    fallback: '720h',
    description: 'self-signed: how long before its end a serving certificate is replaced',
  }),
  authorityLife: durationSetting({
    flag: 'authority-life',
    min: '1m',
    max: '876000h',
    fallback: '87600h',
    description: 'self-signed: how long the authority is valid',
  }),
  authorityRenewBefore: durationSetting({
    flag: 'authority-renew-before',
    min: '10s',
    max: '876000h',
    fallback: '8760h',
    description: 'self-signed: how long before its end the authority is replaced',
  }),
  authoritySettle: durationSetting({
    flag: 'authority-settle',
    min: '100ms',
    max: '24h',
    fallback: '1m',
    description:
      'self-signed: how long a new authority is in the caBundle before a certificate of it is served',
  }),
  authorityOverlap: durationSetting({
    flag: 'authority-overlap',
    min: '1s',
    max: '8760h',
    fallback: '24h',
    description:
      'self-signed: how long an authority stays in the caBundle that nothing is served by any more',
  }),
  requestTimeout: durationSetting({
    flag: 'request-timeout',
    min: '100ms',
    max: '30s',
    fallback: '9s',
    description: 'how long one decision may take; keep it below timeoutSeconds of the webhook configuration',
  }),
  maxBodyBytes: integerSetting({
    flag: 'max-body-bytes',
    min: 1_024,
    max: 64 * 1_024 * 1_024,
    fallback: 8 * 1_024 * 1_024,
    description: 'the largest body of a request that is read, in bytes',
  }),
  drainDelay: durationSetting({
    flag: 'drain-delay',
    min: '0s',
    max: '5m',
    fallback: '5s',
    description: 'how long a stopping webhook still answers, so that Services can leave it out first',
  }),
};

/** Every setting of the controller; its documentation is made from this table. */
export const CONTROLLER_SETTINGS = {
  ...COMMON,
  leaseName: textSetting({
    flag: 'lease-name',
    fallback: 'jobflow-controller',
    description: 'the Lease by which replicas elect their leader',
  }),
  identity: textSetting({
    flag: 'identity',
    fallback: '',
    shownFallback: 'the host name and a random part',
    description: 'the name of this replica in the Lease',
  }),
  workers: integerSetting({
    flag: 'workers',
    min: 1,
    max: 256,
    fallback: 16,
    description: 'how many Jobs are worked on at a time',
  }),
  leaseDuration: durationSetting({
    flag: 'lease-duration',
    min: '1s',
    max: '10m',
    fallback: '15s',
    description: 'how long others wait before they take over a Lease that is not renewed',
  }),
  renewDeadline: durationSetting({
    flag: 'renew-deadline',
    min: '1s',
    max: '10m',
    fallback: '10s',
    description: 'how long the leader goes on without renewing its Lease',
  }),
  retryPeriod: durationSetting({
    flag: 'retry-period',
    min: '100ms',
    max: '10m',
    fallback: '1s',
    description: 'the time between two tries to take or renew the Lease',
  }),
};

/**
 * Reads the webhook's configuration.
 *
 * @param args the arguments after the program's name
 * @param env the environment
 */
export function readWebhookConfig(args: readonly string[], env: Environment): ParsedSettings<WebhookConfig> {
  const table = WEBHOOK_SETTINGS;
  return parseSettings(
    'jobflow-webhook',
    table,
    args,
    env,
    (value) => ({
      configFile: value(table.configFile),
      kubeconfig: value(table.kubeconfig),
      namespace: value(table.namespace),
      namespaces: value(table.namespaces),
      healthAddress: value(table.healthAddress),
      metricsAccess: value(table.metricsAccess),
      logLevel: value(table.logLevel),
      shutdownTimeoutMs: value(table.shutdownTimeout),
      listenAddress: value(table.listenAddress),
      certificateMode: value(table.certificateMode),
      selfSigned: {
        secretName: value(table.certificateSecret),
        configurationName: value(table.webhookConfiguration),
        service: value(table.webhookService),
        names: value(table.certificateNames),
        certificateLifeMs: value(table.certificateLife),
        certificateRenewBeforeMs: value(table.certificateRenewBefore),
        authorityLifeMs: value(table.authorityLife),
        authorityRenewBeforeMs: value(table.authorityRenewBefore),
        settleMs: value(table.authoritySettle),
        overlapMs: value(table.authorityOverlap),
      },
      tlsCertFile: value(table.tlsCertFile),
      tlsKeyFile: value(table.tlsKeyFile),
      requestTimeoutMs: value(table.requestTimeout),
      maxBodyBytes: value(table.maxBodyBytes),
      drainDelayMs: value(table.drainDelay),
    }),
    webhookConflict,
  );
}

function webhookConflict({ drainDelayMs, shutdownTimeoutMs, selfSigned }: WebhookConfig): string | undefined {
  const {
    certificateLifeMs,
    certificateRenewBeforeMs,
    authorityLifeMs,
    authorityRenewBeforeMs,
    settleMs,
    overlapMs,
  } = selfSigned;
  return (
    mustBeBelow('drain-delay', drainDelayMs, 'shutdown-timeout', shutdownTimeoutMs) ??
    mustBeBelow(
      'certificate-renew-before',
      certificateRenewBeforeMs,
      'certificate-life',
      certificateLifeMs,
    ) ??
    mustBeBelow('authority-renew-before', authorityRenewBeforeMs, 'authority-life', authorityLifeMs) ??
    // A serving certificate never outlives its authority: it would be born shorter than it is to be, or due.
    mustBeAtLeast('authority-renew-before', authorityRenewBeforeMs, 'certificate-life', certificateLifeMs) ??
    // The old serving certificate has to last until the new authority is trusted.
    mustBeBelow('authority-settle', settleMs, 'certificate-renew-before', certificateRenewBeforeMs) ??
    // Replicas take the new certificate one after the other, each when it has seen the new authority for so long.
    mustBeAtLeast('authority-overlap', overlapMs, 'authority-settle', settleMs)
  );
}

function mustBeBelow(flag: string, ms: number, limitFlag: string, limitMs: number): string | undefined {
  if (ms < limitMs) return undefined;
  return refusedDuration(flag, ms, `a duration below --${limitFlag} (${formatDuration(limitMs)})`);
}

function mustBeAtLeast(flag: string, ms: number, limitFlag: string, limitMs: number): string | undefined {
  if (ms >= limitMs) return undefined;
  return refusedDuration(flag, ms, `at least --${limitFlag} (${formatDuration(limitMs)})`);
}

function refusedDuration(flag: string, ms: number, allowed: string): string {
  return `--${flag}: "${formatDuration(ms)}" is not allowed; give ${allowed}.`;
}

/**
 * Reads the controller's configuration.
 *
 * @param args the arguments after the program's name
 * @param env the environment
 * @param ownIdentity the name of this replica when none is given: the host name and a random part
 */
export function readControllerConfig(
  args: readonly string[],
  env: Environment,
  ownIdentity: string,
): ParsedSettings<ControllerConfig> {
  const table = {
    ...CONTROLLER_SETTINGS,
    identity: { ...CONTROLLER_SETTINGS.identity, fallback: ownIdentity },
  };
  return parseSettings(
    'jobflow-controller',
    table,
    args,
    env,
    (value) => ({
      configFile: value(table.configFile),
      kubeconfig: value(table.kubeconfig),
      namespace: value(table.namespace),
      namespaces: value(table.namespaces),
      healthAddress: value(table.healthAddress),
      metricsAccess: value(table.metricsAccess),
      logLevel: value(table.logLevel),
      shutdownTimeoutMs: value(table.shutdownTimeout),
      leaseName: value(table.leaseName),
      identity: value(table.identity),
      workers: value(table.workers),
      leaseDurationMs: value(table.leaseDuration),
      renewDeadlineMs: value(table.renewDeadline),
      retryPeriodMs: value(table.retryPeriod),
    }),
    leaseConflict,
  );
}

/** A leader must have given up before others may take over, and must be able to try more than once. */
function leaseConflict(config: ControllerConfig): string | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = config;
  const tooLate = mustBeBelow('renew-deadline', renewDeadlineMs, 'lease-duration', leaseDurationMs);
  if (tooLate !== undefined || retryPeriodMs * 2 <= renewDeadlineMs) return tooLate;
  const allowed = `at most half of --renew-deadline (${formatDuration(renewDeadlineMs)})`;
  return refusedDuration('retry-period', retryPeriodMs, allowed);
}
