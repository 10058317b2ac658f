import { expect } from 'chai';
import { API_GROUP, API_VERSION, USER_ANNOTATIONS } from '../../src/api/names.ts';
import type { Cluster, KubectlResult } from '../support/cluster.ts';
import {
  freshNamespace,
  sharedCluster,
  sharedJobflow,
  STARTING_LIMIT_MS,
} from '../support/cluster/fixture.ts';
import { job } from './support/job-manifest.ts';
import { stillLife } from './support/stages-of-life.ts';

/** What a user applies, and all that the answer has to say. */
type BadInput = readonly [what: string, manifest: object, ...says: string[]];

const field = (key: keyof typeof USER_ANNOTATIONS): string =>
  `metadata.annotations["${USER_ANNOTATIONS[key]}"]`;
const DEPENDS_ON = field('dependsOn');
const manyNames = Array.from({ length: 1_001 }, (_, index) => `a${index}`).join(',');
const longList = Array.from({ length: 800 }, (_, index) => `${'long-'.repeat(8)}${index}`).join(',');

const BAD_INPUT: readonly BadInput[] = [
  [
    'an edge to itself',
    job('bad').dependsOn('bad'),
    DEPENDS_ON,
    'Job "bad" depends on itself',
    'remove "bad"',
  ],
  [
    'an edge to itself beside others',
    job('bad').dependsOn('there,bad=Finished'),
    DEPENDS_ON,
    'Job "bad" depends on itself',
  ],
  ['a name twice', job('bad').dependsOn('a, b, a'), DEPENDS_ON, '"a" is listed twice', 'keep one'],
  [
    'a name twice with different outcomes',
    job('bad').dependsOn('a\na=Failed'),
    DEPENDS_ON,
    '"a" is listed twice',
  ],
  ['an empty entry', job('bad').dependsOn('a,,b'), DEPENDS_ON, 'entry 2 is empty', 'remove the extra comma'],
  ['an unknown outcome', job('bad').dependsOn('a=Done'), DEPENDS_ON, '"Done"', 'write Complete, Failed'],
  [
    'a name that no Job can have',
    job('bad').dependsOn('Not_A_Name'),
    DEPENDS_ON,
    '"Not_A_Name"',
    'lower-case',
  ],
  ['an unknown kind', job('bad').dependsOn('pod/a'), DEPENDS_ON, '"pod/a"', 'write the plain name'],
  [
    '1,001 dependencies',
    job('bad').dependsOn(manyNames),
    DEPENDS_ON,
    '1001 names',
    'limit of 1000',
    'put a Job',
  ],
  [
    '33 KiB of dependencies',
    job('bad').dependsOn(longList),
    DEPENDS_ON,
    'bytes',
    'limit of 32768',
    'shorten',
  ],
  [
    'no completions with dependencies',
    job('bad').dependsOn('a').spec({ completions: 0 }),
    'spec.completions: 0',
    DEPENDS_ON,
    'use at least 1',
  ],
  [
    'no completions while held',
    job('bad').annotated('hold', 'true').spec({ completions: 0 }),
    'spec.completions: 0',
    field('hold'),
  ],
  [
    'an unknown template',
    job('bad').annotated('template', 'nowhere').withoutPod(),
    field('template'),
    'no JobTemplate "nowhere"',
    'apply the JobTemplate first',
  ],
  [
    'an unknown flow',
    job('bad').annotated('flow', 'nowhere'),
    field('flow'),
    'no JobFlow "nowhere"',
    'apply the JobFlow first',
  ],
  ['a template name that is none', job('bad').annotated('template', 'A/B'), field('template'), '"A/B"'],
  [
    'a flow name that is none',
    job('bad').annotated('flow', ''),
    field('flow'),
    '"" is not a valid JobFlow name',
  ],
  ['a run that is no label value', job('bad').annotated('run', 'a b'), field('run'), '"a b"', 'use 1 to 63'],
  [
    'an unknown policy',
    job('bad').dependsOn('a').annotated('onUnmetDependency', 'Maybe'),
    field('onUnmetDependency'),
    '"Maybe" is not allowed',
    'write "Fail" or "Wait"',
  ],
  ['hold: yes', job('bad').annotated('hold', 'yes'), field('hold'), '"yes" is not allowed', 'write "true"'],
  [
    'wait-timeout: soon',
    job('bad').dependsOn('a').annotated('waitTimeout', 'soon'),
    field('waitTimeout'),
    '"soon" is not a duration',
    '"2h"',
  ],
  [
    'a time limit below zero',
    job('bad').dependsOn('a').annotated('waitTimeout', '-5m'),
    field('waitTimeout'),
    '"-5m" is not a duration',
  ],
  [
    'several mistakes at once',
    job('bad').dependsOn('a=Done').annotated('hold', 'yes').annotated('waitTimeout', 'soon'),
    DEPENDS_ON,
    field('hold'),
    field('waitTimeout'),
  ],
  [
    'a template that makes the Job invalid, in the words of the API server',
    job('bad').annotated('template', 'imageless').dependsOn('a').withoutPod(),
    'The Job "bad" is invalid',
    'spec.template.spec.containers[0].image: Required value',
  ],
  [
    'a template whose numbers are out of range, in the words of the API server',
    job('bad').annotated('template', 'out-of-range').dependsOn('a').withoutPod(),
    'The Job "bad" is invalid',
    'spec.backoffLimit: Invalid value: -3',
  ],
];

describe('bad input is refused with a clear sentence, and nothing changes', () => {
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
    namespace = await freshNamespace(cluster, 'bad-input');
    const template = (name: string, jobTemplate: object): object => ({
      apiVersion: `${API_GROUP}/${API_VERSION}`,
      kind: 'JobTemplate',
      metadata: { name },
      spec: { jobTemplate },
    });
    const containers = [{ name: 'main', image: 'busybox:1.36' }];
    await cluster.apply(
      [
        template('imageless', { template: { spec: { containers: [{ name: 'main' }] } } }),
        template('out-of-range', { backoffLimit: -3, template: { spec: { containers } } }),
        // Someone to depend on, which waits.
        job('there').annotated('hold', 'true'),
      ],
      { namespace, allowFailure: true },
    );
  });

  for (const [what, manifest, ...says] of BAD_INPUT) {
    it(`in a new Job: ${what}`, async () => {
      const before = await stillLife(cluster, namespace);
      const answer = await cluster.apply(manifest, { namespace, allowFailure: true });
      expectRefusal(answer, ...says);
      expect(await stillLife(cluster, namespace)).to.deep.equal(before);
    });
  }

  it('says the same to kubectl create, to server-side apply and to a dry run', async () => {
    const manifest = JSON.stringify(job('bad').dependsOn('a=Done'));
    for (const way of [['create'], ['apply', '--server-side'], ['create', '--dry-run=server']]) {
      const answer = await cluster.kubectl([...way, '-n', namespace, '-f', '-'], {
        input: manifest,
        allowFailure: true,
      });
      expectRefusal(answer, DEPENDS_ON, '"Done"');
    }
    expect(await stillLife(cluster, namespace)).to.have.all.keys('there');
  });

  const BAD_EDITS: readonly (readonly [what: string, annotation: string, ...says: string[]])[] = [
    ['an edge to itself', `${USER_ANNOTATIONS.dependsOn}=there`, 'Job "there" depends on itself'],
    ['an unknown outcome', `${USER_ANNOTATIONS.dependsOn}=a=Done`, DEPENDS_ON, '"Done"'],
    ['an empty entry', `${USER_ANNOTATIONS.dependsOn}=,a`, 'entry 1 is empty'],
    ['hold: maybe', `${USER_ANNOTATIONS.hold}=maybe`, field('hold'), '"maybe" is not allowed'],
    ['wait-timeout: 3', `${USER_ANNOTATIONS.waitTimeout}=3`, field('waitTimeout'), '"3" is not a duration'],
    ['an unknown policy', `${USER_ANNOTATIONS.onUnmetDependency}=fail`, '"fail" is not allowed'],
  ];
  for (const [what, annotation, ...says] of BAD_EDITS) {
    it(`in an edit: ${what}`, async () => {
      const before = await stillLife(cluster, namespace);
      const answer = await cluster.kubectl(
        ['annotate', '--overwrite', 'job', 'there', annotation, '-n', namespace],
        { allowFailure: true },
      );
      expectRefusal(answer, ...says);
      expect(await stillLife(cluster, namespace)).to.deep.equal(before);
    });
  }
});

function expectRefusal({ code, stderr }: KubectlResult, ...says: readonly string[]): void {
  expect(code, stderr).not.to.equal(0);
  for (const part of says) expect(stderr).to.include(part);
  expect(stderr).not.to.match(/undefined|\[object|NaN|stack|\.ts:/);
}
