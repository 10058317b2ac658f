import { isResourceName } from '../../../api/kubernetes-names.ts';

/**
 * Whether a text can be the name of an environment variable: printable ASCII without `=`, as Kubernetes allows since
 * 1.34 (k8s.io/apimachinery, pkg/util/validation, IsRelaxedEnvVarName).
 */
export function isVariableName(text: string): boolean {
  return /^[ -<>-~]+$/.test(text);
}

/** Whether a text can be the name of a container or volume: a DNS label of at most 63 characters. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(text);
}

/**
 * Whether a text can be the key of a label or annotation: a name of at most 63 characters, perhaps with a DNS
 * subdomain and a slash before it
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set).
 */
export function isMetadataKey(text: string): boolean {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  const hasPrefix = slash !== -1;
  return (
    (!hasPrefix || isResourceName(text.slice(0, slash))) &&
    name.length <= 63 &&
    /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)
  );
}

/** The mends that refusals of names give. */
export const NAME_MENDS = {
  dnsLabel: 'use at most 63 lower-case letters, digits and "-", starting and ending with a letter or digit',
  jobNamePart:
    'use at most 63 lower-case letters, digits and "-" (or "."), starting and ending with a letter or digit',
  resource:
    'use at most 253 lower-case letters, digits and "-" (or "."), starting and ending with a letter or digit',
  variable: 'use printable ASCII characters other than "="',
  metadataKey:
    'use at most 63 letters, digits, "-", "_" or ".", starting and ending with a letter or digit, perhaps with a domain and "/" before them',
  labelValue: 'use at most 63 letters, digits, "-", "_" or ".", starting and ending with a letter or digit',
} as const;
