/*
 * The local cluster: what the demo, the tests and the benchmarks import. A real etcd, API server, controller
 * manager and scheduler with fake nodes, and jobflow beside them.
 */
export { ApiClient, readPath } from './cluster/api-client.ts';
export type { ApiAnswer } from './cluster/api-client.ts';
export { Cluster, startCluster } from './cluster/cluster.ts';
export type { ApplyOptions, ClusterOptions, ClusterProgram } from './cluster/cluster.ts';
export type { KubectlOptions, KubectlResult } from './cluster/kubectl.ts';
export type { NodeOptions, Taint } from './cluster/node-objects.ts';
export { PROGRAMS, ensurePrograms } from './cluster/programs.ts';
export {
  BY_HAND_ANNOTATION,
  DURATION_ANNOTATION,
  EXIT_CODE_ANNOTATION,
  FAIL_ANNOTATION,
} from './cluster/stages.ts';
export { Program, Supervisor } from './cluster/supervisor.ts';
export type { ProgramEnd, ProgramSpec } from './cluster/supervisor-protocol.ts';
export { waitUntil } from './cluster/wait-until.ts';
export type { WaitOptions } from './cluster/wait-until.ts';
export { installJobflow } from './cluster/jobflow.ts';
export type { Jobflow, JobflowOptions } from './cluster/jobflow.ts';
export { JobflowProgram } from './cluster/jobflow-program.ts';
