const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const LABEL_NAME = new RegExp(`^${LABEL}$`);
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;

/**
 * Whether a text can be the name of a Job: a DNS subdomain of at most 63 characters, because the Job controller
 * copies the name into a label of every pod
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#writing-a-job-spec).
 */
export function isJobName(text: string): boolean {
  return text.length <= 63 && SUBDOMAIN.test(text);
}

/** Whether a text can be the name of a custom resource: a DNS subdomain of at most 253 characters. */
export function isResourceName(text: string): boolean {
  return text.length <= 253 && SUBDOMAIN.test(text);
}

/** Whether a text can be the value of a label (at most 63 characters). */
export function isLabelValue(text: string): boolean {
  return text.length <= 63 && LABEL_VALUE.test(text);
}

/** Whether a text can be the name of a namespace: a DNS label of at most 63 characters. */
export function isNamespaceName(text: string): boolean {
  return text.length <= 63 && LABEL_NAME.test(text);
}
