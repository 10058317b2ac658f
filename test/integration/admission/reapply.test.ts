import { expect } from 'chai';
import { stringify } from 'yaml';
import { CONTROLLER_FIELD_MANAGER, OWN_ANNOTATIONS, USER_ANNOTATIONS } from '../../../src/api/names.ts';
import { readPath } from '../../support/cluster/api-client.ts';
import { startCluster, type Cluster } from '../../support/cluster/cluster.ts';
import { freshNamespace, STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { installJobflow } from '../../support/cluster/jobflow.ts';
import type { KubectlResult } from '../../support/cluster/kubectl.ts';
import { waitUntil } from '../../support/cluster/wait-until.ts';

/** How a file is sent. */
type Form = 'client-side' | 'server-side' | 'replace';

/** When it is sent again. */
type Stage = 'waiting' | 'running' | 'finished';

const AS_CONTROLLER = ['--as=system:serviceaccount:jobflow-system:jobflow-controller'];

const SHARED = (generation: string): object => ({
  apiVersion: 'api.practice.com/v1alpha1',
  kind: 'JobFlow',
  metadata: { name: 'shared' },
  spec: {
    globalParams: {
      labels: { team: `data-${generation}` },
      annotations: { 'example.com/note': generation },
      env: [{ name: 'SHARED', value: generation }],
      nodeName: 'node-1',
    },
  },
});

const TEMPLATE = {
  apiVersion: 'api.practice.com/v1alpha1',
  kind: 'JobTemplate',
  metadata: { name: 'base' },
  spec: {
    jobTemplate: {
      parallelism: 2,
      backoffLimit: 1,
      template: {
        metadata: { labels: { from: 'template' }, annotations: { 'jobflow.test/duration': '600s' } },
        spec: {
          containers: [{ name: 'main', image: 'busybox:1.36', env: [{ name: 'BASE', value: 'b' }] }],
          volumes: [{ name: 'scratch', emptyDir: {} }],
        },
      },
    },
  },
};

interface File {
  readonly what: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: object | undefined;
}

const MAIN = { name: 'main', image: 'busybox:1.36', env: [{ name: 'OWN', value: '$(SHARED)' }] };

function podOf(more: object = {}): object {
  return {
    metadata: { annotations: { 'jobflow.test/duration': '600s' } },
    spec: { restartPolicy: 'OnFailure', containers: [MAIN], ...more },
  };
}

const FILES: readonly File[] = [
  { what: 'a plain dependent', annotations: {}, spec: { template: podOf() } },
  {
    what: 'a Job of a flow with a TTL',
    annotations: { [USER_ANNOTATIONS.flow]: 'shared' },
    spec: {
      ttlSecondsAfterFinished: 3_600,
      template: podOf({ initContainers: [{ name: 'init', image: 'i:1' }] }),
    },
  },
  {
    what: 'a Job without a spec, of a flow and a template',
    annotations: { [USER_ANNOTATIONS.flow]: 'shared', [USER_ANNOTATIONS.template]: 'base' },
    spec: undefined,
  },
  {
    what: 'a Job that changes its template',
    annotations: { [USER_ANNOTATIONS.template]: 'base' },
    spec: { parallelism: 3, template: { spec: { containers: [{ ...MAIN, args: ['x'] }] } } },
  },
];

describe('applying a file again, on a real API server', function () {
  this.timeout(120_000);
  let cluster: Cluster;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    cluster = await startCluster();
    await installJobflow(cluster, { controllers: 0, webhooks: 1 });
  });

  after(() => cluster.stop());

  const send = (namespace: string, form: Form, file: object): Promise<KubectlResult> => {
    const verb =
      form === 'replace' ? ['replace'] : ['apply', ...(form === 'server-side' ? ['--server-side'] : [])];
    return cluster.kubectl([...verb, '-n', namespace, '-f', '-'], {
      input: stringify(file),
      allowFailure: true,
    });
  };

  const read = (namespace: string): Promise<unknown> =>
    cluster.api.demand('GET', `/apis/batch/v1/namespaces/${namespace}/jobs/b`);

  /** What the controller would do; it does not run here. */
  const reach = async (namespace: string, stage: Stage): Promise<void> => {
    if (stage === 'waiting') return;
    const release = {
      metadata: { annotations: { [OWN_ANNOTATIONS.releasedAt]: new Date().toISOString() } },
      spec: { suspend: false },
    };
    const patch = ['patch', 'job', 'b', '-n', namespace, '--type=merge', '-p', JSON.stringify(release)];
    await cluster.kubectl([...patch, ...AS_CONTROLLER, `--field-manager=${CONTROLLER_FIELD_MANAGER}`]);
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    await waitUntil(
      'the Job to run',
      async () => {
        const job = await read(namespace);
        const items = readPath(await cluster.api.demand('GET', pods), 'items');
        const all = Array.isArray(items) ? items : [];
        return (
          // The last thing that the Job controller writes before the end: a replace conflicts with any write beside it.
          readPath(job, 'status', 'ready') === readPath(job, 'spec', 'parallelism') &&
          all.length > 0 &&
          all.every((pod) => readPath(pod, 'status', 'phase') === 'Running')
        );
      },
      {
        limitMs: 60_000,
        explain: async () =>
          `${JSON.stringify(readPath(await read(namespace), 'status'))} ${(await cluster.kubectl(['get', 'pods', '-o', 'wide', '-n', namespace])).stdout}`,
      },
    );
    if (stage === 'running') return;
    const done = { status: { phase: 'Succeeded' } };
    const names = readPath(await cluster.api.demand('GET', pods), 'items');
    for (const pod of Array.isArray(names) ? names : []) {
      const name = String(readPath(pod, 'metadata', 'name'));
      await cluster.api.demand('PATCH', `${pods}/${name}/status`, done);
    }
    await cluster.kubectl(['wait', '--for=condition=complete', '--timeout=60s', '-n', namespace, 'job/b']);
  };

  const manifest = ({ annotations, spec }: File, suspend: boolean): object => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'b', annotations: { [USER_ANNOTATIONS.dependsOn]: 'a', ...annotations } },
    ...((spec !== undefined || suspend) && { spec: { ...spec, ...(suspend && { suspend: true }) } }),
  });

  const forms: readonly (readonly [Form, Form])[] = [
    ['client-side', 'client-side'],
    ['client-side', 'server-side'],
    ['client-side', 'replace'],
    ['server-side', 'server-side'],
    ['server-side', 'client-side'],
    ['server-side', 'replace'],
  ];

  const reapply = async (
    file: File,
    stage: Stage,
    [first, second]: readonly [Form, Form],
    suspend: boolean,
  ) => {
    const namespace = await freshNamespace(cluster);
    await cluster.apply([TEMPLATE, SHARED('one')], { namespace });
    const created = await send(namespace, first, manifest(file, suspend));
    expect(created.code, created.stderr).to.equal(0);
    await reach(namespace, stage);
    await cluster.apply([SHARED('two')], { namespace });
    const before = await read(namespace);
    const again = await send(namespace, second, manifest(file, suspend));
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stderr).not.to.include('kept as');
    // Only a replace cannot be told from somebody who writes the default, suspend: false, on purpose.
    if (second !== 'replace') expect(again.stderr).not.to.include('stays true');
    const after = await read(namespace);
    for (const field of ['uid', 'generation', 'labels', 'finalizers']) {
      expect(readPath(after, 'metadata', field), field).to.deep.equal(readPath(before, 'metadata', field));
    }
    expect(readPath(after, 'spec')).to.deep.equal(readPath(before, 'spec'));
    const ours = (job: unknown): unknown => readPath(job, 'metadata', 'annotations', OWN_ANNOTATIONS.gated);
    expect(ours(after)).to.equal(ours(before));
    expect(readPath(after, 'spec', 'suspend')).to.equal(stage === 'waiting');
  };

  for (const file of FILES) {
    for (const stage of ['waiting', 'running', 'finished'] as const) {
      it(`changes nothing of ${file.what} that is ${stage}, whichever way it is sent`, async () => {
        await Promise.all(forms.map((pair) => reapply(file, stage, pair, false)));
      });
    }
  }

  for (const stage of ['waiting', 'running'] as const) {
    it(`changes nothing of a Job that is ${stage} when its file states suspend: true`, async () => {
      // After a release a server-side apply meets the controller's ownership of the field, which only it gives up.
      const pairs = forms.filter((pair) => stage === 'waiting' || pair[1] !== 'server-side');
      const file: File = { what: '', annotations: {}, spec: { template: podOf() } };
      await Promise.all(pairs.map((pair) => reapply(file, stage, pair, true)));
    });
  }

  it('keeps a waiting Job suspended, with a warning, by patch and by server-side apply', async () => {
    const namespace = await freshNamespace(cluster);
    const file = manifest({ what: '', annotations: {}, spec: { template: podOf() } }, false);
    await send(namespace, 'server-side', file);
    const patched = await cluster.kubectl([
      'patch',
      'job/b',
      '-n',
      namespace,
      '-p',
      '{"spec":{"suspend":false}}',
    ]);
    expect(patched.stderr).to.match(/Warning: spec\.suspend: stays true.*depends-on/);
    const applied = await send(namespace, 'server-side', {
      ...file,
      spec: { template: podOf(), suspend: false },
    });
    expect(applied.stderr).to.match(/Warning: spec\.suspend: stays true/);
    expect(readPath(await read(namespace), 'spec', 'suspend')).to.equal(true);
  });

  it("passes the API server's own message on where a template makes the Job invalid", async () => {
    const namespace = await freshNamespace(cluster);
    const containers = [{ name: 'main', image: 'i', ports: [{ containerPort: 99_999 }] }];
    const spec = { jobTemplate: { template: { spec: { containers } } } };
    await cluster.apply([{ ...TEMPLATE, spec }], { namespace });
    const refused = await send(
      namespace,
      'client-side',
      manifest({ what: '', annotations: { [USER_ANNOTATIONS.template]: 'base' }, spec: undefined }, false),
    );
    expect(refused.code).not.to.equal(0);
    const field = 'spec.template.spec.containers[0].ports[0].containerPort';
    expect(refused.stderr).to.include(field).and.include('99999');
  });

  it('finds a template that was applied a moment ago by the same command', async () => {
    const namespace = await freshNamespace(cluster);
    const annotations = { [USER_ANNOTATIONS.template]: 'base', [USER_ANNOTATIONS.flow]: 'shared' };
    const job = manifest({ what: '', annotations, spec: undefined }, false);
    await cluster.apply([TEMPLATE, SHARED('one'), job], { namespace });
    expect(readPath(await read(namespace), 'spec', 'backoffLimit')).to.equal(1);
  });

  it('lets a real edit reach the API server', async () => {
    const namespace = await freshNamespace(cluster);
    const file = { what: '', annotations: {}, spec: { template: podOf() } };
    await send(namespace, 'client-side', manifest(file, false));
    const edited = { ...file, spec: { parallelism: 5, template: podOf() } };
    expect((await send(namespace, 'client-side', manifest(edited, false))).code).to.equal(0);
    expect(readPath(await read(namespace), 'spec', 'parallelism')).to.equal(5);
    const other = { ...file, spec: { template: podOf({ hostNetwork: true }) } };
    expect((await send(namespace, 'client-side', manifest(other, false))).stderr).to.include('immutable');
  });
});
