import type { RefusalCode } from '../../src/api/errors.ts';

/** Who sees a refusal, and in what kind of answer. */
export type RefusalGroup = 'job' | 'resource' | 'own' | 'undecided' | 'request';

/** What the page says of one refusal beside its sentence. */
export interface RefusalNote {
  readonly group: RefusalGroup;
  readonly cause: string;
  readonly mend: string;
}

/** The groups in the order of the page, each with its heading and what its refusals have in common. */
export const REFUSAL_GROUPS: Readonly<Record<RefusalGroup, { title: string; text: string }>> = {
  job: {
    title: 'Something in the Job is wrong',
    text: 'HTTP status 422. The Job is not created, or the edit is not made; nothing has changed.',
  },
  resource: {
    title: 'Something in the JobFlow, JobTemplate or DaemonJob is wrong',
    text: 'HTTP status 422. Nothing is created or changed. Several of the refusals above can come for a JobFlow or DaemonJob too, with the path of the field in it.',
  },
  own: {
    title: 'Something that only jobflow may write',
    text: 'HTTP status 403. Nothing has changed.',
  },
  undecided: {
    title: 'jobflow could not decide',
    text: 'HTTP status 503 (`NotReady`), 504 (`Timeout`) or 500 (`Internal`). Nothing has changed; the same request can succeed later.',
  },
  request: {
    title: 'A request that is no admission request',
    text: 'Only somebody who calls the webhook\'s port by hand sees these: HTTP status 400, 404, 405, 413 or 415, with the body `{"error": {"code", "message"}}`.',
  },
};

/** Every code has a note: the compiler refuses to build this page without it. */
export const REFUSAL_NOTES: Readonly<Record<RefusalCode, RefusalNote>> = {
  AnnotationUnknownValue: {
    group: 'job',
    cause:
      'An annotation that takes one of a few words has another value. Capitals count, and YAML\'s `yes` is not `"true"`.',
    mend: 'Write one of the values that the message lists.',
  },
  DependencyEmpty: {
    group: 'job',
    cause: '`depends-on` is empty, or has two commas in a row, or a comma at its very beginning or end.',
    mend: 'Take the comma out. To wait for nothing, leave the annotation out.',
  },
  DependencyNameInvalid: {
    group: 'job',
    cause: 'An entry cannot be the name of a Job: capitals, blanks, underscores, or more than 63 characters.',
    mend: 'Write the name as `kubectl get jobs` shows it. Entries are separated by commas or newlines, not by blanks or semicolons.',
  },
  DependencyKindUnknown: {
    group: 'job',
    cause:
      'Before the slash of an entry stands something else than `jobflow` or `daemonjob`. Only Jobs, JobFlows and DaemonJobs can be waited for.',
    mend: 'Write the plain name of a Job, `jobflow/NAME` or `daemonjob/NAME`, in the same namespace.',
  },
  DependencyOutcomeUnknown: {
    group: 'job',
    cause: 'After the `=` stands a word that is no outcome, such as `Done` or `Succeeded`.',
    mend: 'Write `Complete`, `Failed`, `NotFailed` or `Finished`, or leave the `=` out for `Complete`.',
  },
  DependencyDuplicate: {
    group: 'job',
    cause: 'The same Job is listed twice, perhaps with two outcomes.',
    mend: 'Keep one entry. To go on after either end of a Job, write `name=Finished`.',
  },
  DependencyTooMany: {
    group: 'job',
    cause: 'One Job waits for more than 1,000 others.',
    mend: 'Let a few Jobs in between wait for a part each, and let this one wait for them.',
  },
  DependencyTooLong: {
    group: 'job',
    cause: 'The value of `depends-on` is longer than 32 KiB.',
    mend: 'Shorten the names, or put Jobs in between.',
  },
  DependencyOnItself: {
    group: 'job',
    cause: 'A Job, an entry of a JobFlow or a DaemonJob lists its own name, often because a file was copied.',
    mend: 'Remove the name.',
  },
  DependencyCycle: {
    group: 'job',
    cause:
      'The object would wait for itself over those on the path. All of them but this one exist and wait. What has been released, has ended or is being deleted does not count. A JobFlow waits for all its Jobs, also those that join it by annotation, so none of them may wait for `jobflow/NAME`. A path inside one JobFlow shows the names of its entries, any other those of the Jobs.',
    mend: 'Remove one edge of the path. It need not be in the object that was refused: the edges of a waiting Job can be edited.',
  },
  NameInvalid: {
    group: 'job',
    cause:
      'A name cannot be what it has to be: the value of a label, the name of a resource, of a container or of an environment variable.',
    mend: 'The message says which characters and what length are allowed.',
  },
  DurationInvalid: {
    group: 'job',
    cause:
      "`wait-timeout` is no duration, has no unit, or is zero or negative. Days (`1d`) do not exist in Go's form.",
    mend: 'Write `90s`, `30m`, `2h` or `1h30m`.',
  },
  TemplateUnknown: {
    group: 'job',
    cause:
      'The Job, or an entry of the JobFlow, names a JobTemplate that does not exist in its namespace. The API server itself was asked, so a template applied a moment ago counts.',
    mend: 'Apply the JobTemplate first (in one file: above what names it), or correct the name.',
  },
  TemplateUnusable: {
    group: 'job',
    cause: 'The JobTemplate exists, but its `spec.jobTemplate` is missing or no object.',
    mend: 'Write a JobSpec there.',
  },
  TemplateManagedBy: {
    group: 'job',
    cause:
      'The template would put another controller in charge of the Job. jobflow would then leave it alone, and it would stay suspended for good.',
    mend: 'Remove `managedBy` from the JobTemplate, or write it on a Job without annotations of jobflow.',
  },
  FlowUnknown: {
    group: 'job',
    cause: 'The Job names a JobFlow that does not exist in its namespace.',
    mend: 'Apply the JobFlow first (in one file: above the Job), or correct the name.',
  },
  FlowUnusable: {
    group: 'job',
    cause:
      'The JobFlow exists, but its `globalParams` have a wrong type, or set a key of `api.practice.com`, which belongs on the Job itself, or have so many variables for a Job of so many containers that no object could hold them.',
    mend: 'Mend the JobFlow, then apply the Job again.',
  },
  CompletionsZero: {
    group: 'job',
    cause:
      'Kubernetes completes a Job with `completions: 0` at once, even while it is suspended, so it cannot wait.',
    mend: 'Use `completions: 1` or more, or let the Job wait for nothing.',
  },
  AnnotationsTooLarge: {
    group: 'job',
    cause:
      'What a template or a flow would change in this Job is so much that the record of it does not fit.',
    mend: "State less in the Job itself where the template already says it, or make the flow's parameters smaller.",
  },
  FieldInvalid: {
    group: 'resource',
    cause:
      'A field is missing, or has a value of another type or out of its range. The message has the whole path.',
    mend: 'Look the field up with `kubectl explain`, for example `kubectl explain jobflow.spec.flows`.',
  },
  FieldMissing: {
    group: 'resource',
    cause: 'A field without which no Job could be created is missing or empty.',
    mend: 'Write it.',
  },
  FieldNotAllowed: {
    group: 'resource',
    cause: 'A number is too small, or a word is none of those that the field may have.',
    mend: 'Write what the message says.',
  },
  FlowNameTooLong: {
    group: 'resource',
    cause: 'Every Job of a JobFlow has its name as a label, and values of labels have at most 63 characters.',
    mend: 'Use a shorter name. Names of entries may be long: a joined name that is too long is cut and gets a digest.',
  },
  FlowTooManyEntries: {
    group: 'resource',
    cause: 'One JobFlow has more than 5,000 entries.',
    mend: 'Make several JobFlows. An entry can wait for another one as a whole: `jobflow/NAME`.',
  },
  FlowTooLarge: {
    group: 'resource',
    cause:
      'etcd takes 1.5 MiB for one object. The status of a JobFlow grows with its Jobs, and must still fit when the last one has been created.',
    mend: 'Move pod templates that are alike into a JobTemplate, or make several JobFlows.',
  },
  EntryKindUnclear: {
    group: 'resource',
    cause: 'An entry states what to run twice, or not at all.',
    mend: 'Keep one of `jobTemplate`, `jobTemplateRef` and `daemonJob`.',
  },
  EntryNamesCollide: {
    group: 'resource',
    cause:
      'The name of a Job is that of its JobFlow and that of its entry. Where that is too long it is cut and gets a digest, and another entry has just that name.',
    mend: 'Rename one of the two.',
  },
  EntryUnknown: {
    group: 'resource',
    cause:
      'A plain name in `dependencies` is that of another entry of the same JobFlow, and there is none. Jobs outside cannot be named there.',
    mend: 'Correct the name. To wait for something outside, write `jobflow/NAME` or `daemonjob/NAME`.',
  },
  NameTaken: {
    group: 'resource',
    cause: 'Two entries, containers or volumes have the same name.',
    mend: 'Rename one of them.',
  },
  VolumeUnknown: {
    group: 'resource',
    cause: 'A mount names a volume that is neither in the pod template nor in `spec.shareVolumes`.',
    mend: 'Correct the name, or add the volume.',
  },
  OwnAnnotation: {
    group: 'own',
    cause:
      'A new Job has, or an edit sets or changes, `gated`, `released-at` or `outcomes`. Often the file was made with `kubectl get -o yaml`.',
    mend: 'Take the annotation out of the file. Leaving it out of an edit is fine: it stays as it is.',
  },
  OwnLabel: {
    group: 'own',
    cause: 'The label `flow` differs from the annotation `flow` of a new Job, or an edit changes it.',
    mend: 'Leave the label out: it follows the annotation.',
  },
  OwnFinalizer: {
    group: 'own',
    cause: 'A new Job has, or an edit adds, the finalizer that keeps outcomes.',
    mend: 'Leave it out. The controller removes it by itself when the outcome is safe.',
  },
  NotReady: {
    group: 'undecided',
    cause:
      'The webhook has just started and has not seen all Jobs, JobFlows and DaemonJobs, or the API server did not answer it.',
    mend: 'Try again. If it lasts, look at the log of `jobflow-webhook` ([operations](operations.md)).',
  },
  Timeout: {
    group: 'undecided',
    cause:
      "The decision took longer than `--request-timeout`, or than what was left of the user's own request.",
    mend: 'Try again. If it lasts, the webhook has too little CPU or the API server is slow to answer it.',
  },
  Internal: {
    group: 'undecided',
    cause:
      'A fault of jobflow itself. The cause is in the log of `jobflow-webhook`, under the same `uid`; the answer does not repeat it.',
    mend: 'Report it with that line of the log.',
  },
  ReviewMalformed: {
    group: 'request',
    cause:
      'The body is JSON, but not an AdmissionReview of a `batch/v1` Job; the message names the first field that is wrong.',
    mend: 'Let the API server call the webhook, by the shipped webhook configuration.',
  },
  BodyNotJson: {
    group: 'request',
    cause: 'The body is empty, cut off, not UTF-8, or no JSON.',
    mend: 'Send a whole AdmissionReview.',
  },
  BodyTooLarge: {
    group: 'request',
    cause: "The body is larger than `--max-body-bytes` (8 MiB). Kubernetes' own objects are much smaller.",
    mend: 'Send a smaller object.',
  },
  ContentTypeUnsupported: {
    group: 'request',
    cause: 'The request is not `application/json` in UTF-8, or is compressed.',
    mend: 'Send `Content-Type: application/json`.',
  },
  PathUnknown: {
    group: 'request',
    cause: 'The path is not the one that the webhook answers at.',
    mend: 'Use the path of the shipped webhook configuration.',
  },
  MethodNotAllowed: {
    group: 'request',
    cause: 'The request is not a POST.',
    mend: 'Send a POST.',
  },
};
