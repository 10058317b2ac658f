import type { JobObject } from '../src/api/job.ts';
import {
  projectDaemonJob,
  type DaemonJobObject,
  type DaemonRecord,
} from '../src/core/daemon/daemon-record.ts';
import { projectNode, type NodeObject, type NodeRecord } from '../src/core/daemon/node-record.ts';
import {
  projectFlow,
  projectTemplate,
  type FlowObject,
  type TemplateObject,
  type TemplateRecord,
} from '../src/core/flow/flow-projection.ts';
import type { FlowRecord } from '../src/core/flow/flow-record.ts';
import { projectJob } from '../src/core/job-projection.ts';
import type { JobRecord } from '../src/core/job-record.ts';
import type { Connection } from '../src/kube/connection.ts';
import { collectionPath } from '../src/kube/flow-requests.ts';
import type { Log } from '../src/kube/log.ts';
import { Reflector } from '../src/kube/reflector.ts';

/** Everything that the controller follows, each kind by a list and a watch of its own. */
export class FollowedObjects {
  readonly jobs: Reflector<JobRecord>;
  readonly flows: Reflector<FlowRecord>;
  readonly templates: Reflector<TemplateRecord>;
  readonly daemons: Reflector<DaemonRecord>;
  readonly nodes: Reflector<NodeRecord>;

  constructor(connection: Connection, log: Log) {
    this.jobs = new Reflector<JobRecord>({
      connection,
      path: '/apis/batch/v1/jobs',
      project: (object) => projectJob(object as JobObject),
      log,
    });
    this.flows = new Reflector<FlowRecord>({
      connection,
      path: collectionPath('jobflows'),
      project: (object) => projectFlow(object as FlowObject),
      log,
      // One JobFlow may have more than a megabyte.
      pageSize: 50,
    });
    this.templates = new Reflector<TemplateRecord>({
      connection,
      path: collectionPath('jobtemplates'),
      project: (object) => projectTemplate(object as TemplateObject),
      log,
    });
    this.daemons = new Reflector<DaemonRecord>({
      connection,
      path: collectionPath('daemonjobs'),
      project: (object) => projectDaemonJob(object as DaemonJobObject),
      log,
    });
    this.nodes = new Reflector<NodeRecord>({
      connection,
      path: '/api/v1/nodes',
      project: (object) => projectNode(object as NodeObject),
      log,
    });
  }

  /** Begins to follow them all. */
  start(): void {
    for (const reflector of this.#all()) reflector.start();
  }

  /** Whether every object that existed at the start is known. */
  get synced(): boolean {
    return this.#all().every(({ synced }) => synced);
  }

  /** Resolves when every object that existed at the start is known. */
  async whenSynced(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.whenSynced));
  }

  /** Stops following. */
  async stop(): Promise<void> {
    await Promise.all(this.#all().map((reflector) => reflector.stop()));
  }

  #all(): readonly Pick<Reflector<JobRecord>, 'start' | 'stop' | 'synced' | 'whenSynced'>[] {
    return [this.jobs, this.flows, this.templates, this.daemons, this.nodes];
  }
}
