import { fileURLToPath } from 'node:url';
import { waitUntil, type Cluster, type Program } from '../cluster.ts';
import { CRASH_ENV, formatCrashPoint, type CrashPoint } from './crash-point.ts';

const SYSTEM_NAMESPACE = 'jobflow-system';
const SCRIPT = fileURLToPath(new URL('./crashing-controller.ts', import.meta.url));

/** Lets the controller's account hold a Lease of any name: one for each namespace that is tried at the same time. */
export async function allowManyLeases(cluster: Cluster): Promise<void> {
  const name = 'test-many-leases';
  const metadata = { name, namespace: SYSTEM_NAMESPACE };
  const apiGroup = 'rbac.authorization.k8s.io';
  const leases = {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update', 'patch'],
  };
  await cluster.apply([
    { apiVersion: `${apiGroup}/v1`, kind: 'Role', metadata, rules: [leases] },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: 'jobflow-controller', namespace: SYSTEM_NAMESPACE }],
    },
  ]);
}

/**
 * Starts a controller for one namespace that ends itself at a write.
 *
 * @param point where; undefined for a controller that lives on
 */
export async function startCrashingController(
  cluster: Cluster,
  namespace: string,
  point: CrashPoint | undefined,
): Promise<CrashingController> {
  const kubeconfig = await cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, 'jobflow-controller');
  const program = await cluster.startProgram({
    name: `crashing-${namespace}`,
    command: process.execPath,
    args: [SCRIPT],
    env: {
      KUBECONFIG: kubeconfig,
      JOBFLOW_NAMESPACE: SYSTEM_NAMESPACE,
      JOBFLOW_LEASE_NAME: `crashing-${namespace}`,
      JOBFLOW_HEALTH_ADDRESS: '127.0.0.1:0',
      [CRASH_ENV.namespace]: namespace,
      [CRASH_ENV.point]: formatCrashPoint(point),
    },
  });
  return new CrashingController(program);
}

/** A controller that ends itself, and is started again without its point. */
export class CrashingController {
  readonly #program: Program;
  #crashed = false;

  /** Made by `startCrashingController`. */
  constructor(program: Program) {
    this.#program = program;
  }

  /** Whether it came to its point. */
  get crashed(): boolean {
    return this.#crashed;
  }

  /**
   * Does something while it runs, starting it again once if it ends itself, and stops it at the end.
   *
   * @throws Error with the end of its log if it ends in another way
   */
  async during<T>(act: () => Promise<T>, limitMs: number): Promise<T> {
    let done = false;
    const work = act().finally(() => {
      done = true;
    });
    const revival = waitUntil(
      'the controller to end or the work to be done',
      () => done || !this.#program.running,
      {
        limitMs,
      },
    ).then(async () => {
      if (this.#program.running) return;
      if (this.#program.end?.signal !== 'SIGKILL') throw new Error(await this.#program.logText());
      this.#crashed = true;
      await this.#program.restart({ [CRASH_ENV.point]: formatCrashPoint(undefined) });
    });
    try {
      const [result] = await Promise.all([work, revival]);
      return result;
    } catch (error) {
      const tail = (await this.#program.logText()).split('\n').slice(-40).join('\n');
      throw new Error(`The life came to no end. The controller's log:\n${tail}`, { cause: error });
    } finally {
      await this.#program.kill();
    }
  }
}
