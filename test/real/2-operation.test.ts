import { expect } from 'chai';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import { readPath } from '../support/cluster/api-client.ts';
import { waitUntil } from '../support/cluster/wait-until.ts';
import { STARTING_LIMIT_MS, sharedRealCluster } from '../support/real-cluster/fixture.ts';
import { RealNamespace } from '../support/real-cluster/observations.ts';
import type { RealCluster } from '../support/real-cluster/real-cluster.ts';
import {
  RELEASE,
  SYSTEM_NAMESPACE,
  ensureRelease,
  testRelease,
  upgradeRelease,
} from '../support/real-cluster/release.ts';
import { shellJob } from '../support/real-cluster/shell-job.ts';

/** How often the certificate is renewed while Jobs are asked for. */
const ROTATIONS = 4;

/* The second part of the life of an installation: what its operator does while users go on. */
describe('jobflow in operation on a real node', () => {
  let cluster: RealCluster;
  let place: RealNamespace;

  before('install, where the first part has not', async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedRealCluster();
    await ensureRelease(cluster);
    place = await RealNamespace.create(cluster, 'operation');
  });

  it('passes its own test, helm test', async () => {
    const said = await testRelease(cluster);
    expect(said)
      .to.match(/^Phase:\s+Succeeded$/m)
      .and.not.match(/^Phase:\s+Failed$/m);
    const left = await cluster.kubectl(['get', 'pods,roles', '-n', SYSTEM_NAMESPACE, '-o', 'name']);
    expect(left.stdout).to.not.include(`${RELEASE}-test`);
  });

  it('is found to be as it should by jobflow doctor', async () => {
    const { stdout, stderr } = await cluster.jobflow(['doctor', '-n', place.name]);
    const remarks = stdout
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('ok '));
    expect({ remarks, stderr }).to.deep.equal({ remarks: [], stderr: 'Nothing is wrong.\n' });
    expect(stdout).to.include('Secret "jobflow-webhook-tls" in namespace "jobflow-system"');
  });

  it('is upgraded without refusing a Job, and what waits goes on waiting', async () => {
    await place.apply([
      { ...shellJob('approval', 'echo approved'), ...held('approval') },
      shellJob('after', 'echo after', { dependsOn: 'approval' }),
    ]);
    const before = await podNames(cluster);
    await whileAsking(place, () =>
      upgradeRelease(cluster, {
        webhook: { podAnnotations: { restarted: 'yes' } },
        controller: { podAnnotations: { restarted: 'yes' } },
      }),
    );
    expect(await podNames(cluster)).to.not.include.members(before);
    expect(await place.jobsWithPods()).to.deep.equal([]);
    await place.kubectl('annotate', 'job/approval', `${USER_ANNOTATIONS.approved}=by the test`);
    await place.waitFor('condition=complete', 'job/after');
    expect(await place.logs('after')).to.equal('after\n');
  });

  it('renews its certificate again and again without refusing a Job', async () => {
    const seen = new Set<string>();
    await whileAsking(place, () =>
      waitUntil(
        `${ROTATIONS} certificates`,
        async () => {
          seen.add(await servedCertificate(cluster));
          return seen.size > ROTATIONS;
        },
        { limitMs: 120_000, intervalMs: 500 },
      ),
    );
  });
});

function held(name: string): object {
  return { metadata: { name, annotations: { [USER_ANNOTATIONS.hold]: 'true' } } };
}

async function podNames(cluster: RealCluster): Promise<string[]> {
  const pods = readPath(await cluster.get('pods', '-n', SYSTEM_NAMESPACE), 'items');
  return (Array.isArray(pods) ? pods : []).map((pod) => String(readPath(pod, 'metadata', 'name')));
}

async function servedCertificate(cluster: RealCluster): Promise<string> {
  const secret = await cluster.get('secret', `${RELEASE}-webhook-tls`, '-n', SYSTEM_NAMESPACE);
  return String(readPath(secret, 'data', 'tls.crt'));
}

/** Asks for a gated Job all the time, as a dry run, until the work is done: none may be refused or let through. */
async function whileAsking(place: RealNamespace, work: () => Promise<unknown>): Promise<void> {
  const probe = shellJob('probe', 'true', { dependsOn: 'approval' });
  const wrong: string[] = [];
  let asked = 0;
  const working = new AbortController();
  const asking = (async () => {
    while (!working.signal.aborted) {
      asked += 1;
      const answer = await place.suspendedByDryRun(probe).catch(String);
      if (answer !== 'true') wrong.push(answer);
    }
  })();
  try {
    await work();
  } finally {
    working.abort();
    await asking;
  }
  expect(wrong).to.deep.equal([]);
  expect(asked).to.be.greaterThan(10);
}
