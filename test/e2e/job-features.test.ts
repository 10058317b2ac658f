import { expect } from 'chai';
import { sharedCluster, sharedJobflow, STARTING_LIMIT_MS } from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import type { JobManifest } from './support/job-manifest.ts';
import { observedNamespace } from './support/observed-namespace.ts';
import type { ObservedNamespace } from './support/observed-namespace.ts';

/** A feature of Kubernetes' Jobs, and how a Job that uses it ends. */
type Feature = {
  readonly name: string;
  readonly use: (manifest: JobManifest) => JobManifest;
  readonly outcome: 'Complete' | 'Failed';
  /** The reason of its condition. */
  readonly reason: string;
  /** How many pods it has had. */
  readonly pods: number;
};

const FEATURES: readonly Feature[] = [
  {
    name: 'parallelism',
    use: (manifest) => manifest.spec({ parallelism: 3, completions: 6 }).lasts('500ms'),
    outcome: 'Complete',
    reason: 'CompletionsReached',
    pods: 6,
  },
  {
    name: 'indexed',
    use: (manifest) => manifest.spec({ completionMode: 'Indexed', completions: 4, parallelism: 4 }),
    outcome: 'Complete',
    reason: 'CompletionsReached',
    pods: 4,
  },
  {
    name: 'backoff-limit',
    // The Job controller makes the second pod ten seconds after the first has failed.
    use: (manifest) => manifest.fails().spec({ backoffLimit: 1 }),
    outcome: 'Failed',
    reason: 'BackoffLimitExceeded',
    pods: 2,
  },
  {
    name: 'active-deadline-seconds',
    use: (manifest) => manifest.spec({ activeDeadlineSeconds: 2 }).lasts('10m'),
    outcome: 'Failed',
    reason: 'DeadlineExceeded',
    pods: 1,
  },
  {
    name: 'pod-failure-policy',
    use: (manifest) =>
      manifest.fails(42).spec({
        backoffLimit: 6,
        podFailurePolicy: {
          rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }],
        },
      }),
    outcome: 'Failed',
    reason: 'PodFailurePolicy',
    pods: 1,
  },
  {
    name: 'success-policy',
    use: (manifest) =>
      manifest.lasts('500ms').spec({
        completionMode: 'Indexed',
        completions: 3,
        parallelism: 1,
        successPolicy: { rules: [{ succeededIndexes: '0' }] },
      }),
    outcome: 'Complete',
    reason: 'SuccessPolicy',
    pods: 1,
  },
];

/** Longer than the deadline that a waiting Job must not feel. */
const GATE_LASTS = '5s';

describe('a Job with', () => {
  let place: ObservedNamespace;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    await sharedJobflow();
    place = await observedNamespace(await sharedCluster());
    // All at once: each test only looks at its own.
    await place.apply([
      ...FEATURES.flatMap(({ name, use }) => [
        job(`then-${name}`).dependsOn(name),
        job(`else-${name}`).dependsOn(`${name}=Failed`),
        use(job(name)),
        use(job(`late-${name}`)).dependsOn('gate'),
        use(job(`never-${name}`)).dependsOn('broken'),
      ]),
      job('broken').fails(),
      job('gate').lasts(GATE_LASTS),
    ]);
  });

  for (const { name, outcome, reason, pods } of FEATURES) {
    it(`${name} is waited for until it has ended`, async () => {
      const completes = outcome === 'Complete';
      expect(await place.outcomes([name, `then-${name}`, `else-${name}`])).to.deep.equal({
        [name]: outcome,
        [`then-${name}`]: completes ? 'Complete' : 'Failed',
        [`else-${name}`]: completes ? 'Skipped' : 'Complete',
      });
      expect(place.life(name).ending?.reason).to.equal(reason);
      expect(place.life(name).pods).to.have.lengthOf(pods);
      place.expectStartedAfter(completes ? `then-${name}` : `else-${name}`, name);
      place.expectNeverStarted(completes ? `else-${name}` : `then-${name}`);
    });

    it(`${name} runs as it would by itself once its gate opens`, async () => {
      const late = `late-${name}`;
      expect(await place.outcomes(['gate', late])).to.deep.equal({ gate: 'Complete', [late]: outcome });
      expect(place.life(late).ending?.reason).to.equal(reason);
      expect(place.life(late).pods).to.have.lengthOf(pods);
      place.expectStartedAfter(late, 'gate');
    });

    it(`${name} is failed natively, without a pod, when its upstream fails`, async () => {
      const never = `never-${name}`;
      expect(await place.outcomes(['broken', never])).to.deep.equal({ broken: 'Failed', [never]: 'Failed' });
      expect(place.life(never).ending?.reason).to.equal('DependencyFailed');
      place.expectNeverStarted(never);
    });
  }
});
