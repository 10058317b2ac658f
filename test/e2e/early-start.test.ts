import { expect } from 'chai';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';
import type { Cluster, KubectlResult } from '../support/cluster.ts';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import { observedNamespace, type ObservedNamespace } from './support/observed-namespace.ts';
import { approveAll } from './support/stages-of-life.ts';

const NOT_SUSPENDED = '{"spec":{"suspend":false}}';

/** Ways to set `suspend: false` on the Job `JOB`. */
const WAYS: readonly (readonly [what: string, args: readonly string[]])[] = [
  ['kubectl patch', ['patch', 'job/JOB', '-p', NOT_SUSPENDED]],
  ['kubectl patch --type=merge', ['patch', 'job/JOB', '--type=merge', '-p', NOT_SUSPENDED]],
  [
    'kubectl patch --type=json',
    ['patch', 'job/JOB', '--type=json', '-p', '[{"op":"replace","path":"/spec/suspend","value":false}]'],
  ],
  ['server-side apply', ['apply', '--server-side', '-f', '-']],
  [
    'server-side apply by force, as another manager',
    ['apply', '--server-side', '--force-conflicts', '--field-manager=someone', '-f', '-'],
  ],
  ['client-side apply', ['apply', '-f', '-']],
];

describe('suspend: false on a Job that waits', () => {
  let cluster: Cluster;
  let namespace: ObservedNamespace;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    namespace = await observedNamespace(cluster);
    await namespace.apply([
      job('waits').dependsOn('up'),
      job('held').annotated('hold', 'true'),
      job('both').dependsOn('up').annotated('hold', 'true'),
    ]);
  });

  for (const [what, args] of WAYS) {
    it(`is put back, with a warning that says what to do instead: ${what}`, async () => {
      const edges = `edit or remove the annotation "${USER_ANNOTATIONS.dependsOn}"`;
      const approve = `set the annotation "${USER_ANNOTATIONS.approved}"`;
      for (const [name, mends] of [
        ['waits', [edges]],
        ['held', [approve]],
        ['both', [approve, edges]],
      ] as const) {
        const { stderr } = await sendUnsuspended(args, name);
        expect(stderr).to.include('Warning: spec.suspend: stays true, because the Job waits');
        for (const mend of mends) expect(stderr).to.include(mend);
        await namespace.observer.untilCaughtUp();
        namespace.expectNeverStarted(name);
        expect(namespace.life(name).now.metadata.generation).to.equal(1);
      }
    });
  }

  it('starts nothing, and what starts them afterwards is what the warning says', async () => {
    await namespace.kubectl(['annotate', 'job/waits', `${USER_ANNOTATIONS.dependsOn}-`]);
    await approveAll(cluster, namespace.name);
    expect(await namespace.outcomes(['waits', 'held'])).to.deep.equal({
      waits: 'Complete',
      held: 'Complete',
    });
    namespace.expectNeverStarted('both');
    await namespace.apply(job('up'));
    expect(await namespace.outcomes(['both'])).to.deep.equal({ both: 'Complete' });
    namespace.expectStartedAfter('both', 'up');
  });

  async function sendUnsuspended(args: readonly string[], name: string): Promise<KubectlResult> {
    const manifest = job(name).spec({ suspend: false });
    if (name !== 'held') manifest.dependsOn('up');
    if (name !== 'waits') manifest.annotated('hold', 'true');
    return namespace.kubectl(
      args.map((arg) => arg.replace('JOB', name)),
      { input: JSON.stringify(manifest) },
    );
  }
});
