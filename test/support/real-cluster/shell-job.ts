import { USER_ANNOTATIONS } from '../../../src/api/names.ts';

/** What a Job of the tests may state beside its script. */
export type ShellJobOptions = {
  /** The annotation `depends-on`. */
  dependsOn?: string;
  /** Further fields of the Job's spec. */
  spec?: object;
};

/**
 * A Job, as a user writes it, whose container runs a script in busybox's shell.
 *
 * @param script its exit code is the container's
 */
export function shellJob(name: string, script: string, options: ShellJobOptions = {}): object {
  const { dependsOn, spec } = options;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      ...(dependsOn === undefined ? {} : { annotations: { [USER_ANNOTATIONS.dependsOn]: dependsOn } }),
    },
    spec: { ...spec, template: shellPod(script), backoffLimit: 0 },
  };
}

/** The pod template of such a Job. */
export function shellPod(script: string): object {
  return {
    spec: {
      restartPolicy: 'Never',
      // The first process of a container takes no SIGTERM that it does not handle, and a shell handles none.
      terminationGracePeriodSeconds: 1,
      containers: [
        {
          name: 'main',
          image: 'busybox:1.36',
          command: ['sh', '-c', script],
          env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
        },
      ],
    },
  };
}
