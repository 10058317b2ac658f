import {
  addressSetting,
  choiceSetting,
  durationSetting,
  fileSetting,
  integerSetting,
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
  /** Undefined inside a cluster: the pod's own service account is used. */
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly healthAddress: ListenAddress;
  /** Who may read `/metrics`: accounts that the API server lets, or everybody. */
  readonly metricsAccess: 'api-server' | 'everybody';
  readonly logLevel: LogLevel;
  /** How long a stop may take, in milliseconds. */
  readonly shutdownTimeoutMs: number;
}

/** What the webhook is told. */
export interface WebhookConfig extends ProcessConfig {
  readonly listenAddress: ListenAddress;
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

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

const COMMON = {
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
      kubeconfig: value(table.kubeconfig),
      namespace: value(table.namespace),
      healthAddress: value(table.healthAddress),
      metricsAccess: value(table.metricsAccess),
      logLevel: value(table.logLevel),
      shutdownTimeoutMs: value(table.shutdownTimeout),
      listenAddress: value(table.listenAddress),
      tlsCertFile: value(table.tlsCertFile),
      tlsKeyFile: value(table.tlsKeyFile),
      requestTimeoutMs: value(table.requestTimeout),
      maxBodyBytes: value(table.maxBodyBytes),
      drainDelayMs: value(table.drainDelay),
    }),
    ({ drainDelayMs, shutdownTimeoutMs }) =>
      drainDelayMs < shutdownTimeoutMs
        ? undefined
        : `--drain-delay: "${drainDelayMs}ms" is not allowed; give a duration below --shutdown-timeout (${shutdownTimeoutMs}ms).`,
  );
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
      kubeconfig: value(table.kubeconfig),
      namespace: value(table.namespace),
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
  if (renewDeadlineMs >= leaseDurationMs) {
    return `--renew-deadline: "${renewDeadlineMs}ms" is not allowed; give a duration below --lease-duration (${leaseDurationMs}ms).`;
  }
  if (retryPeriodMs * 2 > renewDeadlineMs) {
    return `--retry-period: "${retryPeriodMs}ms" is not allowed; give at most half of --renew-deadline (${renewDeadlineMs}ms).`;
  }
  return undefined;
}
