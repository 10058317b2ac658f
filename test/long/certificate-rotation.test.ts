import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { installJobflow, startCluster, waitUntil, type Cluster, type Jobflow } from '../support/cluster.ts';
import { AdmissionLoad } from '../support/admission-load.ts';
import { STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { readCertificates } from '../../src/runtime/certificates/read-certificates.ts';
import {
  readSecret,
  SECRET_PATH,
  shownFingerprint,
  untilSettled,
} from '../integration/certificates/stored-objects.ts';

const ROTATIONS = 20;
const CLIENTS = 50;
/** Each certificate is served to at least so many Jobs. */
const JOBS_PER_CERTIFICATE = 100;

describe(`a certificate that is replaced ${ROTATIONS} times while ${CLIENTS} clients create Jobs`, function () {
  this.timeout(300_000);
  let cluster: Cluster;

  beforeEach(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster({ nodes: 1 });
  });

  afterEach(async () => {
    await cluster.stop();
  });

  it('fails no admission when it comes from files', async () => {
    const jobflow = await installJobflow(cluster, { webhooks: 2 });
    const load = await AdmissionLoad.start(cluster, { clients: CLIENTS });
    for (let count = 1; count <= ROTATIONS; count += 1) {
      const fingerprint = await renewFiles(cluster, jobflow);
      await waitUntil(`certificate ${count} at every replica`, async () =>
        (await Promise.all(jobflow.webhookPorts.map(shownFingerprint))).every((one) => one === fingerprint),
      );
      await load.untilMore(JOBS_PER_CERTIFICATE);
    }
    await expectNoFailure(load);
    expect(load.admitted).to.be.at.least(ROTATIONS * JOBS_PER_CERTIFICATE);
  });

  it('fails no admission when it is self-signed, each time by another authority', async () => {
    const jobflow = await installJobflow(cluster, {
      webhooks: 2,
      certificates: 'self-signed',
      webhookEnv: { JOBFLOW_AUTHORITY_SETTLE: '1s', JOBFLOW_AUTHORITY_OVERLAP: '3s' },
    });
    let { serving } = await untilSettled(cluster, jobflow);
    const authorities = new Set<string>();
    const load = await AdmissionLoad.start(cluster, { clients: CLIENTS });
    for (let count = 1; count <= ROTATIONS; count += 1) {
      await cluster.api.demand('DELETE', SECRET_PATH);
      const settled = await untilSettled(cluster, jobflow, serving);
      serving = settled.serving;
      authorities.add(settled.authorities[0] ?? '');
      await load.untilMore(JOBS_PER_CERTIFICATE);
    }
    await expectNoFailure(load);
    expect(authorities.size).to.equal(ROTATIONS);
  });

  it('fails no admission when it is replaced because it ends, and its authority too', async () => {
    await installJobflow(cluster, {
      webhooks: 2,
      certificates: 'self-signed',
      webhookEnv: {
        JOBFLOW_AUTHORITY_SETTLE: '1s',
        JOBFLOW_AUTHORITY_OVERLAP: '3s',
        JOBFLOW_CERTIFICATE_LIFE: '60s',
        JOBFLOW_CERTIFICATE_RENEW_BEFORE: '55s',
        JOBFLOW_AUTHORITY_LIFE: '72s',
        JOBFLOW_AUTHORITY_RENEW_BEFORE: '60s',
      },
    });
    const certificates = new Set<string>();
    const authorities = new Set<string>();
    const load = await AdmissionLoad.start(cluster, { clients: 5 });
    await waitUntil(
      'three authorities and more certificates',
      async () => {
        const secret = await readSecret(cluster.api);
        if (secret?.settled === true) {
          certificates.add(secret.serving);
          authorities.add(secret.authorities[0] ?? '');
        }
        return authorities.size >= 3 && certificates.size > authorities.size;
      },
      { limitMs: 90_000, intervalMs: 200 },
    );
    await expectNoFailure(load);
  });
});

async function expectNoFailure(load: AdmissionLoad): Promise<void> {
  const failures = await load.end();
  console.log(`      ${load.admitted} Jobs, the slowest create took ${Math.round(load.slowestMs)} ms`);
  expect(failures).to.deep.equal([]);
}

/** Writes a renewed certificate of the same authority, as cert-manager does. @returns its fingerprint */
async function renewFiles(cluster: Cluster, { tls }: Jobflow): Promise<string> {
  const { cert, key } = await cluster.authority.issue({
    commonName: 'jobflow-webhook',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
  });
  await writeFile(tls.certFile, cert);
  await writeFile(tls.keyFile, key);
  return readCertificates(cert).certificates[0]?.fingerprint ?? '';
}
