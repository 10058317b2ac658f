/** One alert: what the chart's PrometheusRule and docs/runbook.md both say of it. */
export interface AlertNote {
  /** In PromQL, over the metrics of docs/metrics.md. */
  readonly expr: string;
  /** How long it must hold, as Prometheus writes it. */
  readonly for: string;
  /** `critical` wakes somebody, `warning` is for working hours, `info` is for whoever looks. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** The symptom, in one sentence. */
  readonly summary: string;
  /** What users notice of it, and what they do not. */
  readonly effect: string;
  /** Cause by cause, what is behind it and what to do. */
  readonly causes: readonly { readonly cause: string; readonly action: string }[];
}

const LOGS_CONTROLLER = '`kubectl -n jobflow-system logs deployment/jobflow-controller`';
const LOGS_WEBHOOK = '`kubectl -n jobflow-system logs deployment/jobflow-webhook`';

/** Every alert by its name; the heading of its section in docs/runbook.md is that name. */
export const ALERT_NOTES = {
  JobflowWebhookDown: {
    expr: 'absent(jobflow_build_info{program="jobflow-webhook"})',
    for: '2m',
    severity: 'critical',
    summary: 'No replica of the webhook is there, or none can be scraped.',
    effect:
      'Annotated Jobs, JobFlows, JobTemplates and DaemonJobs cannot be created or edited: `failed calling webhook "jobs.api.practice.com"`. Jobs without annotations of jobflow are not concerned; what runs completes, what waits is released.',
    causes: [
      {
        cause: 'Its pods do not run',
        action:
          '`kubectl -n jobflow-system get pods,events`: an image that cannot be pulled, no room on the nodes, a Secret that is missing.',
      },
      {
        cause: 'Its pods end at once',
        action: `${LOGS_WEBHOOK} and the same with \`--previous\`: exit code 2 is a setting, refused by name.`,
      },
      {
        cause: 'Only the scrape is broken',
        action:
          'Look at the target in Prometheus. 401 or 403: bind the ClusterRole `jobflow-metrics-reader` to the collector’s account. No connection: the NetworkPolicy lets in namespaces with the label `metrics: enabled`.',
      },
      {
        cause: 'It cannot come back soon',
        action:
          'Annotated Jobs that must run now: remove the annotation, or set `failurePolicy: Ignore`; the policy then still refuses an annotated Job that is not created with `suspend: true`.',
      },
    ],
  },
  JobflowControllerDown: {
    expr: 'absent(jobflow_build_info{program="jobflow-controller"})',
    for: '5m',
    severity: 'critical',
    summary: 'No replica of the controller is there, or none can be scraped.',
    effect:
      'No gate opens, no flow goes on, and what has the finalizer `api.practice.com/keep-outcome` does not go away. Nothing starts early and nothing is lost.',
    causes: [
      {
        cause: 'Its pods do not run or end at once',
        action: `\`kubectl -n jobflow-system get pods,events\`, ${LOGS_CONTROLLER} and the same with \`--previous\`.`,
      },
      {
        cause: 'It is killed for its memory',
        action:
          '`kubectl -n jobflow-system describe pod` says `OOMKilled`: raise the limit, see [sizing](sizing.md).',
      },
      { cause: 'Only the scrape is broken', action: 'As with [JobflowWebhookDown](#jobflowwebhookdown).' },
      {
        cause: 'A namespace cannot be deleted meanwhile',
        action:
          'Run the clean-up, see [Uninstall](operations.md#uninstall); it needs no controller. It costs the outcomes of Jobs with a TTL that no controller has noted yet, in all namespaces that it looks through.',
      },
    ],
  },
  JobflowNoLeader: {
    expr: 'sum(jobflow_leader) == 0',
    for: '2m',
    severity: 'critical',
    summary: 'Replicas of the controller run, and none of them leads.',
    effect: 'As with [JobflowControllerDown](#jobflowcontrollerdown).',
    causes: [
      {
        cause: 'Another process holds the Lease',
        action:
          '`kubectl -n jobflow-system get lease jobflow-controller -o yaml`: `holderIdentity` begins with the name of a pod. If that pod is gone, the Lease is taken over when `leaseDurationSeconds` have passed.',
      },
      {
        cause: 'The Lease cannot be written',
        action: `${LOGS_CONTROLLER}: 403 is a Role that is missing, anything else the API server.`,
      },
      {
        cause: 'No replica has seen all objects yet',
        action:
          '`/readyz` says so. With very many Jobs that takes a while; if it lasts, the log names the list that fails.',
      },
    ],
  },
  JobflowTwoLeaders: {
    expr: 'sum(jobflow_leader) > 1',
    for: '2m',
    severity: 'warning',
    summary: 'Two replicas of the controller both lead.',
    effect:
      'None: every write names the version that it was decided on, so that the second of two is refused. It should not be, though.',
    causes: [
      {
        cause: 'Two installations',
        action:
          'Different `--lease-name` or `--namespace` under one set of objects: uninstall one, or give each its own `--namespaces`. Two installations with namespaces of their own are fine; then sum by the label of the installation.',
      },
    ],
  },
  JobflowWebhookFailing: {
    expr: 'sum(rate(jobflow_webhook_decisions_total{decision=~"timeout|error"}[5m])) / sum(rate(jobflow_webhook_decisions_total[5m])) > 0.01',
    for: '10m',
    severity: 'critical',
    summary: 'The webhook leaves more than one request in a hundred without a decision.',
    effect:
      'Those creates and edits of annotated Jobs fail with a 500, and whoever sent them has to repeat them.',
    causes: [
      {
        cause: 'The API server answers its questions late or not at all',
        action:
          'A Job that names a template or flow makes the webhook read it. See `jobflow_api_request_duration_seconds` and [JobflowApiErrors](#jobflowapierrors).',
      },
      { cause: 'An error of its own', action: `${LOGS_WEBHOOK} has it with its stack; report it.` },
    ],
  },
  JobflowWebhookSlow: {
    expr: 'histogram_quantile(0.99, sum by (le) (rate(jobflow_webhook_request_duration_seconds_bucket[5m]))) > 1',
    for: '10m',
    severity: 'warning',
    summary: 'One in a hundred admission requests takes the webhook more than a second.',
    effect:
      '`kubectl apply` of annotated Jobs is slow. After `timeoutSeconds` the API server gives up and refuses.',
    causes: [
      {
        cause: 'Too little CPU',
        action:
          'Compare `rate(process_cpu_seconds_total[5m])` with the limit, and look at `nodejs_eventloop_lag_p99_seconds`: raise the limit, or add replicas.',
      },
      {
        cause: 'The API server is slow to answer its reads',
        action: 'See `jobflow_api_request_duration_seconds{verb="get"}`.',
      },
    ],
  },
  JobflowGatesOpenLate: {
    expr: 'histogram_quantile(0.99, sum by (le) (rate(jobflow_gate_latency_seconds_bucket[10m]))) > 5',
    for: '10m',
    severity: 'warning',
    summary: 'One in a hundred gates opens more than five seconds after what it waited for.',
    effect: 'Chains of Jobs take longer than they should. Nothing starts early and nothing is lost.',
    causes: [
      {
        cause: 'The API server holds writes back',
        action:
          'Code 429 in `jobflow_api_requests_total`, or a high `jobflow_api_request_duration_seconds{verb="patch"}`: see API Priority and Fairness, and who else writes.',
      },
      {
        cause: 'Writes fail and are tried again',
        action: 'See [JobflowReconcilesFail](#jobflowreconcilesfail).',
      },
      {
        cause: 'The controller has no CPU',
        action: '`nodejs_eventloop_lag_p99_seconds` above 0.1: raise its limit.',
      },
    ],
  },
  JobflowQueueStuck: {
    expr: 'max by (queue) (jobflow_queue_age_seconds) > 60',
    for: '5m',
    severity: 'critical',
    summary: 'The oldest entry of a queue of the controller has waited for more than a minute.',
    effect: 'Gates open late, flows go on late.',
    causes: [
      {
        cause: 'Every worker waits for the API server',
        action: 'See [JobflowApiErrors](#jobflowapierrors) and the durations of its requests.',
      },
      {
        cause: 'More work than workers',
        action:
          '`jobflow_queue_depth` stays high while requests are quick: raise `--workers`, see [sizing](sizing.md).',
      },
    ],
  },
  JobflowReconcilesFail: {
    expr: 'sum by (queue) (rate(jobflow_reconcile_errors_total[10m])) > 0.1',
    for: '15m',
    severity: 'warning',
    summary: 'Objects fail to be reconciled, again and again.',
    effect: 'The objects that the log names stay as they are; the others are not concerned.',
    causes: [
      {
        cause: 'A write is refused',
        action: `${LOGS_CONTROLLER}: \`write failed\` has the object and the API server’s own words. Another admission webhook or policy that refuses the release of a Job is the usual one: let \`system:serviceaccount:jobflow-system:jobflow-controller\` through there.`,
      },
      { cause: 'A right is missing', action: 'See [JobflowForbidden](#jobflowforbidden).' },
    ],
  },
  JobflowForbidden: {
    expr: 'sum by (program, verb) (increase(jobflow_api_requests_total{code=~"401|403"}[15m])) > 20',
    for: '15m',
    severity: 'critical',
    summary: 'The API server refuses requests for want of rights or of a valid token.',
    effect:
      'What they were for does not happen: an object is not followed, a gate does not open, an Event is missing.',
    causes: [
      {
        cause: 'Its roles are not those of its version',
        action:
          'Install the roles again: `helm upgrade`, or `kubectl apply -k manifests/rbac`. The log names verb and resource.',
      },
      {
        cause: 'The program follows namespaces that it has no Role in',
        action:
          'Compare `--namespaces` with the RoleBindings; the chart makes both from its value `namespaces`.',
      },
      {
        cause: 'Namespaces that are being deleted',
        action:
          'Creating in them is answered with 403 as well. It passes by itself; `kubectl get ns` shows those that hang.',
      },
    ],
  },
  JobflowApiErrors: {
    expr: 'sum by (program) (rate(jobflow_api_requests_total{code=~"5..|429|none"}[5m])) / sum by (program) (rate(jobflow_api_requests_total[5m])) > 0.05',
    for: '10m',
    severity: 'warning',
    summary: 'More than one in twenty requests to the API server gets no answer or an error of the server.',
    effect:
      'Requests are repeated, so things happen late. While no answer comes at all, the leader gives up.',
    causes: [
      {
        cause: 'The API server is overloaded or restarting',
        action: 'Others will see it too: `apiserver_request_total{code=~"5.."}`.',
      },
      {
        cause: 'No way to it (code `none`)',
        action:
          'A NetworkPolicy of the cluster, DNS, or the certificate of the API server. The log has the cause.',
      },
    ],
  },
  JobflowWatchSilent: {
    expr: 'max by (program, resource) (jobflow_watch_silence_seconds) > 180',
    for: '1m',
    severity: 'critical',
    summary:
      'A program has heard nothing of a resource for three minutes, though watches end every 45 seconds.',
    effect: 'It decides on old knowledge: gates do not open, and cycles are not found.',
    causes: [
      {
        cause: 'Its lists or watches fail',
        action:
          'The log says `list failed` or `watch interrupted`, with the cause: rights, network, or a custom resource that is not installed.',
      },
      {
        cause: 'Its event loop stands still',
        action: '`nodejs_eventloop_lag_seconds`: raise its CPU limit. Deleting the pod helps for the moment.',
      },
    ],
  },
  JobflowListsAgain: {
    expr: 'sum by (program, resource) (increase(jobflow_relists_total[30m])) > 6',
    for: '0m',
    severity: 'warning',
    summary: 'A program lists a resource again and again, where its watch should go on.',
    effect: 'Load on the API server; each list of 100,000 Jobs costs seconds.',
    causes: [
      {
        cause: 'The API server forgets versions quickly',
        action: 'Its watch cache is small for the rate of changes, or etcd is compacted often.',
      },
      {
        cause: 'Watches fail',
        action: 'The log says `watch cannot be resumed, listing again`, with the reason.',
      },
    ],
  },
  JobflowCertificateExpires: {
    expr: 'min(jobflow_webhook_certificate_expiry_timestamp_seconds > 0) - time() < 7 * 24 * 3600',
    for: '1h',
    severity: 'critical',
    summary: 'The certificate that a replica of the webhook serves ends within a week.',
    effect: 'None yet. Once it has ended, every create and edit of an annotated Job is refused.',
    causes: [
      {
        cause: '`certificates.mode: self-signed`: it could not be renewed',
        action: `${LOGS_WEBHOOK}: the right to write its Secret or its webhook configuration is missing, or somebody keeps writing the Secret.`,
      },
      {
        cause: '`certificates.mode: cert-manager`',
        action: '`kubectl -n jobflow-system describe certificate`: what cert-manager waits for.',
      },
      {
        cause: '`certificates.mode: provided`',
        action:
          'Write a new pair into the Secret, and a new `caBundle` if the authority has changed. No restart is needed.',
      },
    ],
  },
  JobflowDependencyCycle: {
    expr: 'max(jobflow_dependency_cycles) > 0',
    for: '15m',
    severity: 'info',
    summary: 'Jobs wait for each other in a circle.',
    effect:
      'These Jobs never start. The webhook refuses cycles; this one came by two replicas at the same moment, or while the webhook was away.',
    causes: [
      {
        cause: 'A cycle slipped past',
        action:
          '`kubectl get events -A --field-selector reason=DependencyCycle` names the Jobs and the path. Its owner edits or deletes one of them.',
      },
    ],
  },
} as const satisfies Readonly<Record<string, AlertNote>>;
