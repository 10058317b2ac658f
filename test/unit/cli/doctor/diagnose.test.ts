import { expect } from 'chai';
import { mendOfFailedCall } from '../../../../src/cli/doctor/check-installation.ts';
import { readCertificates } from '../../../../src/cli/doctor/certificate.ts';
import { diagnose } from '../../../../src/cli/doctor/diagnose.ts';
import type { Finding, Level } from '../../../../src/cli/doctor/finding.ts';
import { summaryLine, textReport } from '../../../../src/cli/doctor/report.ts';
import { NEEDED_RIGHTS, nameOfRight } from '../../../../src/cli/doctor/rights.ts';
import type { CertificateSeen, DoctorSeen, InstallationSeen } from '../../../../src/cli/doctor/seen.ts';
import type { Installation, ProgramDeployment } from '../../../../src/cli/installation/installation.ts';
import { createCertificateAuthority } from '../../../support/cluster/certificates.ts';
import { RecordedTerminal } from '../terminal/recorded-terminal.ts';

const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
const DAY_MS = 24 * 3_600_000;
const HOST = 'jobflow-webhook.jobflow-system.svc';
const FORBIDDEN = { kind: 'forbidden', what: 'list things' } as const;
const ABSENT = { kind: 'absent' } as const;

const read = <T>(value: T): { readonly kind: 'read'; readonly value: T } => ({ kind: 'read', value });

/** Certificates of the authority live for 30 days from `nowMs` on. */
async function pairOf(name: string, nowMs: number, host = HOST) {
  const authority = await createCertificateAuthority(name, new Date(nowMs));
  const { cert } = await authority.issue({ commonName: 'jobflow-webhook', dnsNames: [host] });
  const [leaf] = readCertificates(cert) ?? [];
  if (leaf === undefined) throw new Error('there is no certificate');
  const certificate: CertificateSeen = { kind: 'read', source: 'Secret "tls"', chain: [leaf], host: HOST };
  return { caBundle: Buffer.from(authority.cert).toString('base64'), certificate };
}

function deployment(name: string, changes: Partial<ProgramDeployment> = {}): ProgramDeployment {
  return {
    name,
    version: '1.2.0',
    image: 'ghcr.io/jobflow/jobflow:1.2.0',
    wanted: 2,
    ready: 2,
    env: new Map(),
    certificateSecret: 'tls',
    ...changes,
  };
}

const LEASE = {
  resourceVersion: '7',
  holderIdentity: 'jobflow-controller-1',
  leaseDurationSeconds: 15,
  acquireTime: undefined,
  renewTime: '2026-03-01T00:00:00.000000Z',
  leaseTransitions: 0,
};

const INSTALLED: Installation = {
  namespace: 'jobflow-system',
  controller: read(deployment('jobflow-controller')),
  webhook: read(deployment('jobflow-webhook')),
  leaseName: 'jobflow-controller',
  lease: read({ record: LEASE, ageMs: 1_000, isRenewed: true }),
  configuration: read({
    name: 'jobflow',
    service: { namespace: 'jobflow-system', name: 'jobflow-webhook', port: 443 },
    url: undefined,
    caBundle: undefined,
    failurePolicy: 'Fail',
    namespaces: undefined,
    excluded: [],
  }),
  endpoints: read(2),
  follows: undefined,
};

describe('what the doctor says', () => {
  let healthy: DoctorSeen;

  before(async () => {
    const { caBundle, certificate } = await pairOf('jobflow', NOW_MS);
    const webhooks = ['jobs', 'resources'].map((name) => ({ name: `${name}.api.practice.com`, caBundle }));
    healthy = {
      cliVersion: '1.2.0',
      nowMs: NOW_MS,
      namespace: 'shop',
      kubernetes: 'v1.36.3',
      served: ['jobflows', 'jobtemplates', 'daemonjobs'],
      definitions: read([{ resource: 'jobflows', version: '1.2.0', isDeleting: false }]),
      policies: read([{ name: 'jobflow', isEnforced: true }]),
      installations: [{ installation: INSTALLED, webhooks: read(webhooks), certificate }],
      admission: [{ name: 'a Job is made to wait', answer: { kind: 'asExpected' } }],
      leftovers: read({ where: 'namespace "shop"', kept: 2, stuck: [] }),
      rights: new Map(NEEDED_RIGHTS.map(({ right }) => [nameOfRight(right), true])),
    };
  });

  const messages = (findings: readonly Finding[], level: Level): string[] =>
    findings.filter((finding) => finding.level === level).map(({ message }) => message);
  const withInstallation = (
    changes: Partial<Installation>,
    rest: Partial<InstallationSeen> = {},
  ): DoctorSeen => ({
    ...healthy,
    installations: [{ ...healthy.installations[0], installation: { ...INSTALLED, ...changes }, ...rest }],
  });
  const wrongWith = (changes: Partial<DoctorSeen>): string[] =>
    messages(diagnose({ ...healthy, ...changes }), 'wrong');

  it('is that all is well, where it is', () => {
    const findings = diagnose(healthy);
    expect(findings.every(({ level }) => level === 'ok')).to.equal(true);
    expect(findings.map(({ message }) => message)).to.deep.equal([
      'Kubernetes is v1.36.3.',
      'The cluster has JobFlow, JobTemplate and DaemonJob (api.practice.com/v1alpha1).',
      'A controller leads: jobflow-controller-1.',
      'The webhook configuration "jobflow" is there, with a caBundle.',
      'The certificate of the webhook (Secret "tls") is valid until 2026-03-31.',
      'A dry run shows: a Job is made to wait.',
      'The ValidatingAdmissionPolicy "jobflow" is there, and bound.',
      'The controller is available: 2 of 2 replicas are ready.',
      'The controller has the version of this program, 1.2.0.',
      'The webhook is available: 2 of 2 replicas are ready.',
      'The webhook has the version of this program, 1.2.0.',
      'No Job in namespace "shop" is kept from its deletion by a finalizer of jobflow.',
      'You have the rights in namespace "shop" that all commands take.',
    ]);
  });

  it('is what to do about each fault, in a sentence', () => {
    const faults = diagnose({
      ...withInstallation({ lease: ABSENT, controller: read(deployment('c', { ready: 0 })) }),
      served: [],
      policies: read([]),
    }).filter(({ level }) => level === 'wrong');
    expect(faults.map(({ check }) => check)).to.deep.equal([
      'resources',
      'controller',
      'policy',
      'deployments',
      'leftovers',
    ]);
    for (const { message, mend } of faults) {
      expect(message).to.match(/\.$/);
      expect(mend).to.match(/^[A-Z`].*[.]$/);
    }
  });

  it('is that Kubernetes is too old', () => {
    expect(wrongWith({ kubernetes: 'v1.29.4' })).to.deep.equal([
      'Kubernetes is v1.29.4, and jobflow needs 1.31 or newer.',
    ]);
  });

  describe('of the certificate', () => {
    const certificateFaults = async (nowMs: number, host = HOST, other = false): Promise<string[]> => {
      const { caBundle, certificate } = await pairOf('jobflow', NOW_MS, host);
      const trusted = other ? (await pairOf('other', NOW_MS)).caBundle : caBundle;
      const webhooks = read([{ name: 'jobs.api.practice.com', caBundle: trusted }]);
      const seen = { ...withInstallation({}, { webhooks, certificate }), nowMs };
      return messages(diagnose(seen), 'wrong');
    };

    it('is that it was not renewed, or has ended', async () => {
      expect(await certificateFaults(NOW_MS + 10 * DAY_MS)).to.deep.equal([]);
      expect(await certificateFaults(NOW_MS + 27 * DAY_MS)).to.deep.equal([
        'The certificate of the webhook (Secret "tls") ends in 3 days, and has not been renewed.',
      ]);
      expect(await certificateFaults(NOW_MS + 31 * DAY_MS)).to.include(
        'The certificate of the webhook (Secret "tls") ended on 2026-03-31.',
      );
    });

    it('is that it is for another name, or signed by another authority', async () => {
      expect(await certificateFaults(NOW_MS, 'elsewhere.svc')).to.deep.equal([
        `The certificate of the webhook (Secret "tls") is not for ${HOST}, by which the API server asks.`,
      ]);
      expect(await certificateFaults(NOW_MS, HOST, true)).to.deep.equal([
        'The certificate of the webhook (Secret "tls") is not signed by an authority in the caBundle.',
      ]);
    });

    it('is that the caBundle is blank, unreadable or of the past', async () => {
      const old = await pairOf('jobflow', NOW_MS - 60 * DAY_MS);
      const faults = ['', Buffer.from('no PEM').toString('base64'), old.caBundle].flatMap((caBundle) =>
        messages(
          diagnose(withInstallation({}, { webhooks: read([{ name: 'jobs.api.practice.com', caBundle }]) })),
          'wrong',
        ).slice(0, 1),
      );
      const of = 'The webhook jobs.api.practice.com of the configuration "jobflow" has';
      const so = ', so the API server cannot trust it.';
      expect(faults).to.deep.equal([
        `${of} no caBundle${so}`,
        `${of} a caBundle that holds no certificate${so}`,
        `${of} a caBundle whose authorities are no longer valid${so}`,
      ]);
    });
  });

  it('is that replicas are missing, or of another version', () => {
    const findings = diagnose(
      withInstallation({
        controller: read(deployment('c', { ready: 1, version: '1.1.0' })),
        webhook: read(deployment('w', { wanted: 0, ready: 0 })),
      }),
    );
    expect(messages(findings, 'wrong')).to.deep.equal([
      'The controller is available, but not as wanted: 1 of 2 replicas are ready.',
      'The Deployment of the webhook has been scaled to 0.',
    ]);
    expect(messages(findings, 'note')).to.deep.equal([
      'The controller has version 1.1.0, and this program 1.2.0.',
    ]);
  });

  it('is that the controller is silent', () => {
    const lease = read({ record: LEASE, ageMs: 90_000, isRenewed: false });
    expect(messages(diagnose(withInstallation({ lease })), 'wrong')).to.deep.equal([
      'The controller jobflow-controller-1 has not renewed its Lease for 1m30s: nobody decides about Jobs.',
      '2 Jobs in namespace "shop" could not be deleted: the finalizer api.practice.com/keep-outcome is on them, and no controller takes it off.',
    ]);
  });

  it('is which Jobs cannot be deleted', () => {
    const leftovers = read({ where: 'all namespaces', kept: 9, stuck: ['a/1', 'a/2', 'a/3', 'a/4'] });
    expect(wrongWith({ leftovers })).to.deep.equal([
      '4 Jobs in all namespaces cannot be deleted, for the finalizer api.practice.com/keep-outcome: a/1, a/2, a/3, ….',
    ]);
  });

  it('is that the webhook is not asked, or cannot be', () => {
    const name = 'a Job is made to wait';
    expect(wrongWith({ admission: [{ name, answer: { kind: 'notAsked', said: '' } }] })).to.deep.equal([
      'It is not so that a Job is made to wait: the API server does not ask the webhook.',
    ]);
    const said = 'failed calling webhook "jobs.api.practice.com": connection refused';
    const notReached = { name, answer: { kind: 'notReached', said } } as const;
    expect(wrongWith({ admission: [notReached, notReached] })).to.deep.equal([
      `The API server cannot ask the webhook: ${said}.`,
    ]);
  });

  it('is a mend by what the API server says of a call that failed', () => {
    const mends = [
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'service "jobflow-webhook" not found',
      'Post "https://…?timeout=5s": context deadline exceeded',
      'Post "https://…?timeout=5s": dial tcp 127.0.0.1:1: connect: connection refused',
    ].map(mendOfFailedCall);
    expect(new Set(mends).size).to.equal(4);
    expect(mends[3]).to.include('Start the webhook');
  });

  it('is what may not be read, and no fault for that', () => {
    const findings = diagnose({
      ...withInstallation(
        { controller: FORBIDDEN, webhook: FORBIDDEN, lease: FORBIDDEN, configuration: FORBIDDEN },
        { webhooks: FORBIDDEN, certificate: { kind: 'unread', sentence: 'You may not.' } },
      ),
      definitions: FORBIDDEN,
      policies: FORBIDDEN,
      leftovers: FORBIDDEN,
      rights: undefined,
    });
    expect(messages(findings, 'wrong')).to.deep.equal([]);
    expect(messages(findings, 'unknown')).to.have.length(8);
    expect(summaryLine(findings)).to.equal(
      'Nothing is wrong as far as can be seen, and 8 could not be looked at.\n',
    );
  });

  it('is that a namespace is not one of the installation', () => {
    const findings = diagnose(withInstallation({ follows: ['team-a', 'team-b'] }));
    expect(messages(findings, 'note')).to.deep.equal([
      `Jobs in namespace "shop" are none of jobflow's: it is for team-a, team-b.`,
    ]);
    expect(messages(findings, 'wrong')).to.deep.equal([]);
  });

  it('is that nothing is installed, and nothing more about it', () => {
    const nothing = { controller: ABSENT, webhook: ABSENT, lease: ABSENT, configuration: ABSENT };
    const findings = diagnose({
      ...withInstallation(nothing, { webhooks: ABSENT }),
      served: [],
      admission: [{ name: 'a Job is made to wait', answer: { kind: 'notAsked', said: '' } }],
      leftovers: read({ where: 'namespace "shop"', kept: 0, stuck: [] }),
    });
    expect(messages(findings, 'wrong')).to.deep.equal(['jobflow is not installed in this cluster.']);
  });

  it('is that it was uninstalled, where only what stays is there', () => {
    const vacant = read({ record: { ...LEASE, holderIdentity: '' }, ageMs: 9_000, isRenewed: false });
    const left = { controller: ABSENT, webhook: ABSENT, lease: vacant, configuration: ABSENT };
    const uninstalled = {
      ...withInstallation(left, { webhooks: ABSENT }),
      admission: [{ name: 'a Job is made to wait', answer: { kind: 'notAsked', said: '' } as const }],
      leftovers: read({ where: 'namespace "shop"', kept: 0, stuck: [] }),
    };
    expect(messages(diagnose(uninstalled), 'wrong')).to.deep.equal([
      'jobflow is not installed in this cluster; only its CustomResourceDefinitions are.',
    ]);
    const beside = {
      ...healthy,
      installations: [uninstalled.installations[0], healthy.installations[0]],
    } as const;
    expect(messages(diagnose(beside), 'wrong')).to.deep.equal([]);
  });

  it('stands under each installation, where there are several', () => {
    const [one] = healthy.installations;
    const other = { ...one, installation: { ...INSTALLED, namespace: 'team', lease: ABSENT } };
    const terminal = new RecordedTerminal();
    const text = textReport(diagnose({ ...healthy, installations: [one, other] }), terminal);
    expect(text.split('\n').filter((line) => line.endsWith(':'))).to.deep.equal([
      'The installation in namespace "jobflow-system":',
      'The installation in namespace "team":',
      'The cluster:',
    ]);
    expect(text).to.include(
      'wrong  No controller has ever led: there is no Lease "jobflow-controller" in namespace "team".\n       → See `kubectl',
    );
  });
});
