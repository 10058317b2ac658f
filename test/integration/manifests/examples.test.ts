import { expect } from 'chai';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { outcomeOf } from '../../../src/core/outcome.ts';
import { readPath, waitUntil } from '../../support/cluster.ts';
import type { Cluster } from '../../support/cluster.ts';
import {
  STARTING_LIMIT_MS,
  freshNamespace,
  sharedCluster,
  sharedJobflow,
} from '../../support/cluster/fixture.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));
const LIMIT_MS = 120_000;

/** How every Job of an example ends. */
const ENDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'chain.yaml': { 'chain-build': 'Complete', 'chain-package': 'Complete', 'chain-test': 'Complete' },
  'fan-in.yaml': {
    'fan-in-north': 'Complete',
    'fan-in-south': 'Complete',
    'fan-in-west': 'Complete',
    'fan-in-total': 'Complete',
  },
  'on-failure.yaml': {
    'on-failure-migrate': 'Failed',
    'on-failure-roll-back': 'Complete',
    'on-failure-announce': 'Failed',
    'on-failure-unlock': 'Complete',
  },
  'shared-parameters.yaml': { 'shared-simulate': 'Complete', 'shared-evaluate': 'Complete' },
  'nightly-etl.yaml': {
    'etl-prepare': 'Complete',
    'etl-extract-orders': 'Complete',
    'etl-extract-customers': 'Complete',
    'etl-fetch-partner': 'Failed',
    'etl-clean-up-partner': 'Complete',
    'etl-check-quality': 'Complete',
    'etl-load-orders': 'Complete',
    'etl-load-customers': 'Complete',
    'etl-quarantine': 'Skipped',
    'etl-report': 'Complete',
  },
};

describe('the examples', function () {
  this.timeout(LIMIT_MS);
  let cluster: Cluster;
  let namespace: string;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await sharedCluster();
    await sharedJobflow();
  });

  beforeEach(async () => {
    namespace = await freshNamespace(cluster, 'examples');
  });

  const apply = (file: string, allowFailure = false) =>
    cluster.kubectl(['apply', '-n', namespace, '-f', `${EXAMPLES}/${file}`], { allowFailure });

  const jobs = async (): Promise<readonly unknown[]> => {
    const list: unknown = await cluster.api.demand('GET', `/apis/batch/v1/namespaces/${namespace}/jobs`);
    const items: unknown = readPath(list, 'items');
    return isList(items) ? items : [];
  };

  const outcomes = async (): Promise<Record<string, string | undefined>> =>
    Object.fromEntries(
      (await jobs()).map((job) => [
        String(readPath(job, 'metadata', 'name')),
        outcomeOf(conditions(readPath(job, 'status', 'conditions'))),
      ]),
    );

  const untilEnded = async (expected: Readonly<Record<string, string>>) => {
    await waitUntil(
      `the Jobs to end as ${JSON.stringify(expected)}`,
      async () => {
        const seen = await outcomes();
        return Object.entries(expected).every(([name, outcome]) => seen[name] === outcome);
      },
      { limitMs: 60_000, intervalMs: 100, explain: async () => JSON.stringify(await outcomes()) },
    );
  };

  for (const [file, expected] of Object.entries(ENDS)) {
    it(`${file}: every Job ends as the file says`, async () => {
      const { stderr } = await apply(file);
      expect(stderr).to.equal('');
      expect(await outcomes()).to.have.all.keys(expected);
      await untilEnded(expected);
      expect(await outcomes()).to.deep.equal(expected);
    });
  }

  it('nightly-etl.yaml: skips without a pod, and shares its parameters', async () => {
    await apply('nightly-etl.yaml');
    await untilEnded(ENDS['nightly-etl.yaml'] ?? {});
    const selected = await cluster.kubectl([
      ...['get', 'jobs', '-n', namespace, '-l', 'team=data', '-o', 'name'],
    ]);
    expect(selected.stdout.trim().split('\n')).to.have.length(10);
    const skipped = ['get', 'pods', '-n', namespace, '-l', 'batch.kubernetes.io/job-name=etl-quarantine'];
    expect((await cluster.kubectl([...skipped, '-o', 'name'])).stdout).to.equal('');
  });

  it('nightly-etl.yaml: what a Job states wins over its template', async () => {
    await apply('nightly-etl.yaml');
    const customers = (await jobs()).find(
      (job) => readPath(job, 'metadata', 'name') === 'etl-load-customers',
    );
    const container = readPath(customers, 'spec', 'template', 'spec', 'containers', 0);
    expect(readPath(customers, 'spec', 'backoffLimit')).to.equal(2);
    expect(readPath(container, 'image')).to.equal('busybox:1.36');
    expect(readPath(container, 'env')).to.deep.include.members([
      { name: 'MODE', value: 'replace' },
      { name: 'WAREHOUSE', value: 'warehouse.example.com' },
    ]);
  });

  it('hold-and-approve.yaml: the roll-out waits for the approval, also when the file is applied again', async () => {
    await apply('hold-and-approve.yaml');
    await untilEnded({ 'approve-rehearse': 'Complete' });
    expect((await outcomes())['approve-roll-out']).to.equal(undefined);
    await cluster.kubectl([
      ...['annotate', 'job', 'approve-roll-out', '-n', namespace],
      'api.practice.com/approved=somebody',
    ]);
    await apply('hold-and-approve.yaml');
    await untilEnded({ 'approve-roll-out': 'Complete' });
  });

  it('cronjob.yaml: a Job made from the CronJob waits for the import', async () => {
    await apply('cronjob.yaml');
    const make = ['create', 'job', 'cron-report-now', '--from=cronjob/cron-report', '-n', namespace];
    await cluster.kubectl(make);
    await untilEnded({ 'cron-import': 'Complete', 'cron-report-now': 'Complete' });
    const times = await Promise.all(
      ['cron-import', 'cron-report-now'].map((name) =>
        cluster.api.demand('GET', `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`),
      ),
    );
    const ended = Date.parse(String(readPath(times[0], 'status', 'completionTime')));
    expect(Date.parse(String(readPath(times[1], 'status', 'startTime')))).to.be.at.least(ended);
  });

  it('cycle.yaml: the Job that closes the circle is refused, with the path', async () => {
    const { code, stderr } = await apply('cycle.yaml', true);
    expect(code).to.equal(1);
    expect(stderr).to.include('cycle-3');
    expect(stderr).to.match(/cycle-\d → cycle-\d → cycle-\d → cycle-\d/);
    expect(Object.keys(await outcomes())).to.have.members(['cycle-1', 'cycle-2']);
  });

  it('may all be applied in one namespace: no name is used twice', async () => {
    const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith('.yaml'));
    expect(files).to.include.members(Object.keys(ENDS));
    const names = await Promise.all(
      files.map(async (file) =>
        parseAllDocuments(await readFile(`${EXAMPLES}/${file}`, 'utf8')).map((document) => {
          const object: unknown = document.toJS();
          return `${String(readPath(object, 'kind'))} ${String(readPath(object, 'metadata', 'name'))}`;
        }),
      ),
    );
    const all = names.flat();
    expect(all.filter((name, index) => all.indexOf(name) !== index)).to.deep.equal([]);
  });

  it('are all listed in the README', async () => {
    const readme = await readFile(`${EXAMPLES}/README.md`, 'utf8');
    for (const file of await readdir(EXAMPLES))
      if (file !== 'README.md') expect(readme).to.include(`(${file})`);
  });
});

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

type Condition = { type: string; status: string; reason: string };

function conditions(list: unknown): Condition[] {
  if (!isList(list)) return [];
  return list.map((one) => ({
    type: String(readPath(one, 'type')),
    status: String(readPath(one, 'status')),
    reason: String(readPath(one, 'reason')),
  }));
}
