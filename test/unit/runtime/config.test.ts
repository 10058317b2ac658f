import { expect } from 'chai';
import { readControllerConfig, readWebhookConfig, WEBHOOK_SETTINGS } from '../../../src/runtime/config.ts';
import type { Environment, ParsedSettings } from '../../../src/runtime/settings.ts';

const settingsOf = <T>(parsed: ParsedSettings<T>): T => {
  if (parsed.kind !== 'settings') throw new Error(`not read: ${JSON.stringify(parsed)}`);
  return parsed.settings;
};
const problemsOf = (args: string[], env: Environment = {}): readonly string[] => {
  const parsed = readWebhookConfig(args, env);
  return parsed.kind === 'refused' ? parsed.problems : [];
};

const DAY_MS = 24 * 3_600_000;

describe('configuration', () => {
  it('has a default for every setting', () => {
    expect(settingsOf(readWebhookConfig([], {}))).to.deep.equal({
      configFile: undefined,
      kubeconfig: undefined,
      namespace: 'jobflow-system',
      namespaces: [],
      healthAddress: { host: '0.0.0.0', port: 8081 },
      metricsAccess: 'api-server',
      logLevel: 'info',
      shutdownTimeoutMs: 25_000,
      listenAddress: { host: '0.0.0.0', port: 9443 },
      certificateMode: 'files',
      selfSigned: {
        secretName: 'jobflow-webhook-tls',
        configurationName: 'jobflow',
        service: 'jobflow-webhook',
        names: [],
        certificateLifeMs: 90 * DAY_MS,
        certificateRenewBeforeMs: 30 * DAY_MS,
        authorityLifeMs: 3_650 * DAY_MS,
        authorityRenewBeforeMs: 365 * DAY_MS,
        settleMs: 60_000,
        overlapMs: DAY_MS,
      },
      tlsCertFile: '/etc/jobflow/tls/tls.crt',
      tlsKeyFile: '/etc/jobflow/tls/tls.key',
      requestTimeoutMs: 9_000,
      maxBodyBytes: 8_388_608,
      drainDelayMs: 5_000,
    });
  });

  it('reads a flag, with a space or an equals sign, and a variable, and lets the flag win', () => {
    const env = { JOBFLOW_HEALTH_ADDRESS: '127.0.0.1:1', JOBFLOW_LOG_LEVEL: 'debug', KUBECONFIG: '/k' };
    const config = settingsOf(
      readWebhookConfig(['--health-address', '[::1]:0', '--max-body-bytes=4096'], env),
    );
    expect(config.healthAddress).to.deep.equal({ host: '::1', port: 0 });
    expect(config.maxBodyBytes).to.equal(4_096);
    expect(config.logLevel).to.equal('debug');
    expect(config.kubeconfig).to.equal('/k');
  });

  it('reads further names of the certificate, with blanks and repetitions', () => {
    const { selfSigned } = settingsOf(
      readWebhookConfig(['--certificate-names', 'a.example.com, 10.0.0.1 ,fd00::1,10.0.0.1'], {}),
    );
    expect(selfSigned.names).to.deep.equal(['a.example.com', '10.0.0.1', 'fd00::1']);
  });

  it('takes an empty variable as not given, and passes over variables that Kubernetes sets', () => {
    const env = { JOBFLOW_LOG_LEVEL: '', JOBFLOW_WEBHOOK_PORT: 'tcp://10.0.0.1:443' };
    expect(settingsOf(readWebhookConfig([], env)).logLevel).to.equal('info');
  });

  const wrong: [args: string[], env: Environment, problem: string][] = [
    [
      ['--log-level', 'loud'],
      {},
      '--log-level: "loud" is not allowed; give one of trace, debug, info, warn, error, fatal.',
    ],
    [
      [],
      { JOBFLOW_REQUEST_TIMEOUT: 'soon' },
      'JOBFLOW_REQUEST_TIMEOUT: "soon" is not allowed; give a duration from 100ms to 30s, such as "9s".',
    ],
    [
      ['--request-timeout=31s'],
      {},
      '--request-timeout: "31s" is not allowed; give a duration from 100ms to 30s, such as "9s".',
    ],
    [
      ['--max-body-bytes', '8MiB'],
      {},
      '--max-body-bytes: "8MiB" is not allowed; give a whole number from 1024 to 67108864.',
    ],
    [
      ['--listen-address', '9443'],
      {},
      '--listen-address: "9443" is not allowed; give host:port with a port from 0 to 65535, such as "0.0.0.0:9443".',
    ],
    [
      ['--listen-address', 'a:65536'],
      {},
      '--listen-address: "a:65536" is not allowed; give host:port with a port from 0 to 65535, such as "0.0.0.0:9443".',
    ],
    [['--tls-cert-file'], {}, '--tls-cert-file: "" is not allowed; give a value (text).'],
    [['--verbose'], {}, '--verbose: "" is not allowed; give one of the flags that --help lists.'],
    [['--namespace', 'a', '--namespace', 'b'], {}, '--namespace: "b" is not allowed; give each flag once.'],
    [['start'], {}, 'argument: "start" is not allowed; give only --flag value.'],
    [
      ['--drain-delay', '30s'],
      {},
      '--drain-delay: "30s" is not allowed; give a duration below --shutdown-timeout (25s).',
    ],
    [
      ['--certificate-mode', 'cert-manager'],
      {},
      '--certificate-mode: "cert-manager" is not allowed; give one of files, self-signed.',
    ],
    [
      [],
      { JOBFLOW_CERTIFICATE_SECRET: 'My_Secret' },
      'JOBFLOW_CERTIFICATE_SECRET: "My_Secret" is not allowed; give the name of a Kubernetes object, such as "jobflow-webhook-tls".',
    ],
    [
      ['--certificate-names', '10.0.0.1,*.example.com'],
      {},
      '--certificate-names: "10.0.0.1,*.example.com" is not allowed; give DNS names without wildcards, or IP addresses, with commas between them.',
    ],
    [
      ['--certificate-life', '24h'],
      {},
      '--certificate-renew-before: "720h" is not allowed; give a duration below --certificate-life (24h).',
    ],
    [
      ['--authority-life', '8760h'],
      {},
      '--authority-renew-before: "8760h" is not allowed; give a duration below --authority-life (8760h).',
    ],
    [
      ['--authority-renew-before', '720h'],
      {},
      '--authority-renew-before: "720h" is not allowed; give at least --certificate-life (2160h).',
    ],
    [
      ['--certificate-renew-before', '30s'],
      {},
      '--authority-settle: "1m" is not allowed; give a duration below --certificate-renew-before (30s).',
    ],
    [
      ['--authority-overlap', '30s'],
      {},
      '--authority-overlap: "30s" is not allowed; give at least --authority-settle (1m).',
    ],
  ];
  for (const [args, env, problem] of wrong) {
    it(`refuses ${JSON.stringify([...args, env])} in one sentence`, () => {
      expect(problemsOf(args, env)).to.deep.equal([problem]);
    });
  }

  it('names every problem at once', () => {
    expect(problemsOf(['--log-level', 'loud', '--nonsense', '1'])).to.have.length(2);
  });

  it('shows every flag, variable and default in the help', () => {
    const parsed = readWebhookConfig(['--help'], {});
    const help = parsed.kind === 'help' ? parsed.text : '';
    for (const { flag, env, shownFallback } of Object.values(WEBHOOK_SETTINGS)) {
      expect(help).to.contain(`--${flag} `).and.to.contain(env).and.to.contain(`(default: ${shownFallback})`);
    }
  });

  it('gives a controller its own identity unless one is stated', () => {
    expect(settingsOf(readControllerConfig([], {}, 'host-1')).identity).to.equal('host-1');
    const env = { JOBFLOW_IDENTITY: 'pod-2' };
    expect(settingsOf(readControllerConfig([], env, 'host-1')).identity).to.equal('pod-2');
  });

  it('refuses lease durations that would let two controllers lead', () => {
    const parsed = readControllerConfig(['--renew-deadline', '15s'], {}, 'x');
    expect(parsed).to.deep.equal({
      kind: 'refused',
      problems: ['--renew-deadline: "15s" is not allowed; give a duration below --lease-duration (15s).'],
    });
    expect(readControllerConfig(['--retry-period', '6s'], {}, 'x').kind).to.equal('refused');
  });
});
