/** The API group of the custom resources, and the prefix of every annotation, label and finalizer. */
export const API_GROUP = 'api.practice.com';

/** The served version of the custom resources. */
export const API_VERSION = 'v1alpha1';

const key = <const N extends string>(name: N): `${typeof API_GROUP}/${N}` => `${API_GROUP}/${name}`;

/** Annotation keys that users write on a Job. */
export const USER_ANNOTATIONS = {
  dependsOn: key('depends-on'),
  run: key('run'),
  flow: key('flow'),
  template: key('template'),
  onUnmetDependency: key('on-unmet-dependency'),
  waitTimeout: key('wait-timeout'),
  hold: key('hold'),
  approved: key('approved'),
} as const;

/** Annotation keys that only jobflow writes. */
export const OWN_ANNOTATIONS = {
  gated: key('gated'),
  releasedAt: key('released-at'),
  outcomes: key('outcomes'),
} as const;

/** The label that repeats the `flow` annotation, so that `kubectl get jobs -l` finds a flow's Jobs. */
export const FLOW_LABEL = key('flow');

/** The finalizer that keeps a Job with a TTL until its outcome is written on those that wait for it. */
export const KEEP_OUTCOME_FINALIZER = key('keep-outcome');

/** The field manager of every write of the controller. */
export const CONTROLLER_FIELD_MANAGER = 'jobflow-controller';

/** The field manager of what the webhook writes: its own certificates, and nothing else. */
export const WEBHOOK_FIELD_MANAGER = 'jobflow-webhook';

/** Limits on what a user may write; each is named in the message that refuses more. */
export const LIMITS = {
  /** Names in one `depends-on`. */
  dependencies: 1_000,
  /** Bytes of one `depends-on` value (UTF-8). */
  dependsOnBytes: 32 * 1024,
  /** Bytes of all annotations that jobflow writes on one Job. */
  ownAnnotationBytes: 128 * 1024,
} as const;

/** The annotation on a JobFlow or DaemonJob whose new value runs again what failed or was skipped. */
export const RETRY_ANNOTATION = key('retry');
