import type * as flowWarnings from '../../src/core/admission/flow/flow-warnings.ts';
import {
  warnOfChangedTemplate,
  warnOfDeletedTemplate,
  warnOfForeignKeys,
  warnOfPolicies,
} from '../../src/core/admission/flow/flow-warnings.ts';
import type * as warnings from '../../src/core/admission/warnings.ts';
import {
  warnOfEarlyStart,
  warnOfIdleAnnotations,
  warnOfLateEdit,
  warnOfLateGate,
  warnOfLeftAlone,
  warnOfRestartPolicy,
  warnOfSetBack,
  warnOfUnfollowedNamespace,
  warnOfUnknownKeys,
} from '../../src/core/admission/warnings.ts';
import { USER_ANNOTATIONS } from '../../src/api/names.ts';

/** One warning as kubectl shows it, and when it comes. */
export interface WarningNote {
  readonly when: string;
  readonly shown: string;
}

/** Every warning has a note: the compiler refuses to build this page without it. */
export const WARNING_NOTES: Readonly<Record<keyof typeof warnings | keyof typeof flowWarnings, WarningNote>> =
  {
    warnOfUnknownKeys: {
      when: 'An annotation has the prefix and means nothing, most likely a typing error.',
      shown: warnOfUnknownKeys({ 'api.practice.com/depend-on': '' }).join(''),
    },
    warnOfIdleAnnotations: {
      when: 'An annotation says how to wait, but the Job waits for nothing.',
      shown: warnOfIdleAnnotations({ [USER_ANNOTATIONS.waitTimeout]: '' }).join(''),
    },
    warnOfLeftAlone: {
      when: 'The Job is annotated, but something else is in charge of it.',
      shown: warnOfLeftAlone('it is controlled by JobSet "training"'),
    },
    warnOfRestartPolicy: {
      when: 'The pod template states another `restartPolicy` than `Never`.',
      shown: warnOfRestartPolicy('OnFailure'),
    },
    warnOfLateEdit: {
      when: '`template` or `flow` is changed on a Job that exists: they are read at creation only.',
      shown: warnOfLateEdit(USER_ANNOTATIONS.template),
    },
    warnOfLateGate: {
      when: '`depends-on` or `hold` is added to a Job that has been started.',
      shown: warnOfLateGate(USER_ANNOTATIONS.dependsOn),
    },
    warnOfEarlyStart: {
      when: 'Somebody set `suspend: false` on a Job that waits.',
      shown: warnOfEarlyStart(`edit or remove the annotation "${USER_ANNOTATIONS.dependsOn}"`),
    },
    warnOfSetBack: {
      when: 'An edit sets a field to the value that jobflow replaced when the Job was created.',
      shown: warnOfSetBack(['spec.backoffLimit']),
    },
    warnOfUnfollowedNamespace: {
      when: 'The webhook is asked about a namespace that is not among its `--namespaces`: the configurations of webhook and program differ.',
      shown: warnOfUnfollowedNamespace('shop'),
    },
    warnOfPolicies: {
      when: 'A pod template in a JobFlow, JobTemplate or DaemonJob states another `restartPolicy` than `Never`.',
      shown: warnOfPolicies([
        { field: 'spec.flows[0].jobTemplate.template.spec.restartPolicy', policy: 'OnFailure' },
      ]).join(''),
    },
    warnOfForeignKeys: {
      when: 'An annotation that belongs on Jobs is on an object that it means nothing to.',
      shown: warnOfForeignKeys({ [USER_ANNOTATIONS.dependsOn]: '' }, 'JobFlow', []).join(''),
    },
    warnOfDeletedTemplate: {
      when: 'A JobTemplate is deleted that something uses. The deletion is never refused.',
      shown: warnOfDeletedTemplate('backup', ['JobFlow/etl', 'Job/nightly']).join(''),
    },
    warnOfChangedTemplate: {
      when: 'A JobTemplate is changed that something uses.',
      shown: warnOfChangedTemplate('backup', ['JobFlow/etl']).join(''),
    },
  };
