import { isJobName, isNamespaceName, isResourceName } from '../../api/kubernetes-names.ts';
import { isDnsLabel, NAME_MENDS } from '../../core/admission/flow/name-rules.ts';
import { parseQuantity } from './quantity.ts';
import type { TextRule } from './stated-value.ts';

const named = (what: string, mend: string): string => `the name of ${what}: ${mend.replace(/^use /, '')}`;

/** What the texts of a configuration have to be. */
export const TEXT_RULES = {
  any: { isValid: () => true, allowed: 'a text' },
  /** The API server refuses blanks around it (pkg/apis/core/validation, validateContainerCommon). */
  image: { isValid: (text) => /^\S+$/.test(text), allowed: 'the image that the Job runs, without blanks' },
  job: { isValid: isJobName, allowed: named('a Job', NAME_MENDS.jobNamePart) },
  namespace: { isValid: isNamespaceName, allowed: named('a namespace', NAME_MENDS.dnsLabel) },
  volume: { isValid: isDnsLabel, allowed: named('a volume', NAME_MENDS.dnsLabel) },
  claim: { isValid: isResourceName, allowed: named('a PersistentVolumeClaim', NAME_MENDS.resource) },
  secret: { isValid: isResourceName, allowed: named('a Secret', NAME_MENDS.resource) },
  /** The API server refuses ":" (pkg/apis/core/validation, ValidateVolumeMounts). */
  mountPath: {
    isValid: (text) => text !== '' && !text.includes(':'),
    allowed: 'a path in the container, without ":"',
  },
  restartPolicy: {
    isValid: (text) => text === 'Never' || text === 'OnFailure',
    allowed: '"Never" or "OnFailure"',
  },
  completionMode: {
    isValid: (text) => text === 'NonIndexed' || text === 'Indexed',
    allowed: '"NonIndexed" or "Indexed"',
  },
  quantity: {
    isValid: (text) => parseQuantity(text) !== undefined,
    allowed: 'an amount such as "500m", "2" or "512Mi"',
  },
  notEmpty: { isValid: (text) => text !== '', allowed: 'a text that is not empty' },
} as const satisfies Record<string, TextRule>;
