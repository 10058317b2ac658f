import { expect } from 'chai';
import type { JobMetadata, OwnerReference } from '../../../src/api/job.ts';
import type { PodObject } from '../../../src/cli/cluster/pods.ts';
import { drawTree } from '../../../src/cli/tree/draw-tree.ts';
import {
  OwnerTrees,
  type CronJobObject,
  type TreeNode,
  type TreeObjects,
} from '../../../src/cli/tree/owner-tree.ts';
import { viewNamespace } from '../../../src/cli/view/namespace-view.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';

const NOW_MS = CREATED_MS + 60_000;

function owned(kind: string, name: string, uid: string): OwnerReference[] {
  return [{ apiVersion: 'x/v1', kind, name, uid, controller: true }];
}

function metadata(name: string, owners?: OwnerReference[]): JobMetadata {
  const creationTimestamp = new Date(CREATED_MS).toISOString();
  return {
    namespace: 'test',
    name,
    uid: `${name}-1`,
    resourceVersion: '1',
    creationTimestamp,
    ownerReferences: owners ?? null,
  };
}

const FLOW = {
  metadata: metadata('etl'),
  spec: {
    flows: [
      { name: 'report', dependencies: ['load'], jobTemplate: {} },
      { name: 'load', jobTemplate: {} },
    ],
  },
  status: { message: '0 of 2 ended' },
};

function pod(
  name: string,
  ofJob: string,
  status: NonNullable<PodObject['status']> = { phase: 'Running' },
): PodObject {
  return {
    metadata: metadata(name, owned('Job', ofJob, `${ofJob}-1`)),
    spec: { nodeName: 'node-1' },
    status,
  };
}

function jobOf(builder: JobBuilder, owners: OwnerReference[]): object {
  const object = builder.object();
  return { ...object, metadata: { ...object.metadata, ownerReferences: owners } };
}

function trees(
  rest: { jobs?: object[]; flows?: object[]; daemons?: object[] } & Partial<TreeObjects>,
): OwnerTrees {
  const { jobs = [], flows = [], daemons = [], cronJobs = [], pods = [] } = rest;
  const objects = {
    namespace: 'test',
    unread: [],
    jobs: jobs as never,
    flows: flows as never,
    daemons: daemons as never,
  };
  return new OwnerTrees({ objects, view: viewNamespace(objects, NOW_MS), cronJobs, pods });
}

function lines(root: TreeNode, columns?: number): string[] {
  const terminal = new RecordedTerminal(columns === undefined ? {} : { size: { columns, rows: 24 } });
  return drawTree(root, { named: '', nowMs: NOW_MS, terminal });
}

const OF_ETL = owned('JobFlow', 'etl', 'etl-1');
const ETL = trees({
  flows: [FLOW],
  jobs: [
    jobOf(job('etl-load').annotated('flow', 'etl').started(), OF_ETL),
    job('extra').annotated('flow', 'etl').started().object(),
  ],
  pods: [pod('etl-load-x', 'etl-load')],
});

describe('the tree of an object', () => {
  it('begins with its topmost owner, and has the Jobs of a JobFlow in their order', () => {
    for (const [kind, name] of [
      ['jobflow', 'etl'],
      ['job', 'etl-load'],
      ['pod', 'etl-load-x'],
      ['job', 'etl-report'],
    ] as const) {
      expect(lines(ETL.treeOf(kind, name))).to.deep.equal([
        'NAME                   STATE     RESTARTS   NODE     AGE   MESSAGE',
        'jobflow/etl            Waiting                       60s   0 of 2 ended',
        '├─ job/etl-load        Running                       60s',
        '│  └─ pod/etl-load-x   Running   0          node-1   60s',
        '├─ job/extra           Running                       60s   joined by annotation',
        '└─ job/etl-report      Waiting                             yet to be made',
      ]);
    }
  });

  it('of a Job that joined a JobFlow by annotation is that of the Job', () => {
    expect(ETL.treeOf('job', 'extra')).to.include({ kind: 'job', name: 'extra', message: '' });
  });

  it('has the Jobs of a CronJob, the oldest first, with their pods', () => {
    const cronJob: CronJobObject = {
      metadata: metadata('nightly'),
      spec: { schedule: '0 3 * * *', timeZone: 'Europe/Zurich' },
    };
    const of = owned('CronJob', 'nightly', 'nightly-1');
    const seen = trees({
      cronJobs: [cronJob],
      jobs: [
        jobOf(
          job('nightly-2')
            .createdAt(CREATED_MS + 30_000)
            .started(),
          of,
        ),
        jobOf(job('nightly-1').ended('Failed'), of),
      ],
      pods: [pod('p', 'nightly-1', { phase: 'Failed', reason: 'Evicted', message: 'no memory' })],
    });
    expect(lines(seen.treeOf('job', 'nightly-2'))).to.deep.equal([
      'NAME               STATE       RESTARTS   NODE     AGE   MESSAGE',
      'cronjob/nightly    Scheduled                       60s   0 3 * * * (Europe/Zurich)',
      '├─ job/nightly-1   Failed                          60s   Test',
      '│  └─ pod/p        Evicted     0          node-1   60s   Evicted: no memory',
      '└─ job/nightly-2   Running                         30s',
    ]);
  });

  it('shows an owner of which nothing is known', () => {
    const seen = trees({ jobs: [jobOf(job('a').started(), owned('Workflow', 'w', 'w-1'))] });
    expect(lines(seen.treeOf('job', 'a'))).to.deep.equal([
      'NAME         STATE     RESTARTS   NODE   AGE   MESSAGE',
      'workflow/w',
      '└─ job/a     Running                     60s',
    ]);
  });

  it('ends where owner references go in circles', () => {
    const seen = trees({
      jobs: [
        jobOf(job('a').started(), owned('Job', 'b', 'b-1')),
        jobOf(job('b').started(), owned('Job', 'a', 'a-1')),
      ],
    });
    expect(lines(seen.treeOf('job', 'a'))).to.have.length(3);
  });

  it('finds what bears a name', () => {
    const seen = trees({
      flows: [FLOW],
      jobs: [job('etl').object()],
      cronJobs: [{ metadata: metadata('etl') }],
    });
    expect(seen.find({ kind: undefined, name: 'etl' }).map(({ kind }) => kind)).to.deep.equal([
      'job',
      'jobflow',
      'cronjob',
    ]);
    expect(seen.find({ kind: 'cronjob', name: 'etl' })).to.deep.equal([{ kind: 'cronjob', name: 'etl' }]);
    expect(seen.find({ kind: undefined, name: 'etl-report' })).to.deep.equal([
      { kind: 'job', name: 'etl-report' },
    ]);
    expect(seen.find({ kind: 'pod', name: 'etl' })).to.deep.equal([]);
  });

  it('puts messages below their objects where there is little room', () => {
    const message = 'The image "busybox" could not be pulled since the registry does not answer';
    const containerStatuses = [{ name: 'main', state: { waiting: { reason: 'ErrImagePull', message } } }];
    const seen = trees({
      jobs: [job('a').started().object(), job('b').object()],
      pods: [pod('a-1', 'a', { phase: 'Pending', containerStatuses }), pod('a-2', 'a')],
    });
    expect(lines(seen.treeOf('job', 'a'), 60)).to.deep.equal([
      'NAME         STATE          RESTARTS   NODE     AGE',
      'job/a        Running                            60s',
      '├─ pod/a-1   ErrImagePull   0          node-1   60s',
      '│      main: ErrImagePull: The image "busybox" could not be',
      '│      pulled since the registry does not answer',
      '└─ pod/a-2   Running        0          node-1   60s',
    ]);
    expect(lines(seen.treeOf('job', 'a'), 120).slice(2)).to.deep.equal([
      '├─ pod/a-1   ErrImagePull   0          node-1   60s   main: ErrImagePull: The image "busybox" could not be pulled since',
      '│                                                     the registry does not answer',
      '└─ pod/a-2   Running        0          node-1   60s',
    ]);
  });
});
