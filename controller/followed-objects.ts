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
import { followCollection, type FollowedCollection } from '../src/kube/follow-collection.ts';
import type { Log } from '../src/kube/log.ts';
import { Reflector } from '../src/kube/reflector.ts';

/** Everything that the controller follows, each kind by a list and a watch of its own. */
export class FollowedObjects {
  readonly jobs: FollowedCollection<JobRecord>;
  readonly flows: FollowedCollection<FlowRecord>;
  readonly templates: FollowedCollection<TemplateRecord>;
  readonly daemons: FollowedCollection<DaemonRecord>;
  readonly nodes: Reflector<NodeRecord>;

  /** @param namespaces where to follow what is in namespaces; none stands for all */
  constructor(connection: Connection, log: Log, namespaces: readonly string[]) {
    const shared = { connection, log, namespaces };
    this.jobs = followCollection<JobRecord>({
      ...shared,
      collection: 'jobs',
      project: (object) => projectJob(object as JobObject),
    });
    this.flows = followCollection<FlowRecord>({
      ...shared,
      collection: 'jobflows',
      project: (object) => projectFlow(object as FlowObject),
      // One JobFlow may have more than a megabyte.
      pageSize: 50,
    });
    this.templates = followCollection<TemplateRecord>({
      ...shared,
      collection: 'jobtemplates',
      project: (object) => projectTemplate(object as TemplateObject),
    });
    this.daemons = followCollection<DaemonRecord>({
      ...shared,
      collection: 'daemonjobs',
      project: (object) => projectDaemonJob(object as DaemonJobObject),
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

  #all(): readonly Pick<FollowedCollection<JobRecord>, 'start' | 'stop' | 'synced' | 'whenSynced'>[] {
    return [this.jobs, this.flows, this.templates, this.daemons, this.nodes];
  }
}
