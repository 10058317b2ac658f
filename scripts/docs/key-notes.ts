import type { LIMITS } from '../../src/api/names.ts';
import {
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../src/api/names.ts';

/** One key, as the table of keys shows it. */
export interface KeyNote {
  readonly key: string;
  /** The anchor of its section, where that is not the name behind the prefix. */
  readonly anchor?: string;
  readonly value: string;
  readonly meaning: string;
}

type UserKey = keyof typeof USER_ANNOTATIONS;
type OwnKey = keyof typeof OWN_ANNOTATIONS;

const USER_MEANINGS: Readonly<Record<UserKey, Omit<KeyNote, 'key'>>> = {
  dependsOn: { value: '`a, b=Failed, c=Finished`', meaning: 'wait for these Jobs' },
  run: { value: 'a label value', meaning: 'count only upstreams that carry the same value' },
  flow: { value: "a JobFlow's name", meaning: 'take its shared parameters' },
  template: { value: "a JobTemplate's name", meaning: "take its JobSpec as the base of this Job's" },
  onUnmetDependency: {
    value: '`Fail` (default) or `Wait`',
    meaning: 'what to do when the awaited outcome can no longer happen',
  },
  waitTimeout: { value: 'a duration: `90s`, `2h`', meaning: 'fail when the gate has not opened by then' },
  hold: { value: '`"true"`', meaning: 'keep the gate shut until `approved` is set' },
  approved: { value: 'anything', meaning: 'lifts the hold' },
};

const OWN_MEANINGS: Readonly<Record<OwnKey, Omit<KeyNote, 'key'>>> = {
  gated: { value: 'JSON', meaning: 'the record made at creation' },
  releasedAt: { value: 'a time (RFC 3339)', meaning: 'the gate has opened' },
  outcomes: { value: 'JSON', meaning: 'outcomes that must outlive the Job they came from' },
};

/** The annotations that users write, in the order of the source. */
export const USER_KEYS: readonly KeyNote[] = Object.entries(USER_ANNOTATIONS).map(([name, key]) => ({
  key,
  ...USER_MEANINGS[name as UserKey],
}));

/** What only jobflow writes: annotations, and one label and one finalizer. */
export const OWN_KEYS: readonly KeyNote[] = [
  ...Object.entries(OWN_ANNOTATIONS).map(([name, key]) => ({ key, ...OWN_MEANINGS[name as OwnKey] })),
  {
    key: FLOW_LABEL,
    anchor: 'flow-the-label',
    value: "a JobFlow's name",
    meaning: 'a label: repeats the annotation `flow`, for `kubectl get -l`',
  },
  {
    key: KEEP_OUTCOME_FINALIZER,
    value: '',
    meaning: 'a finalizer: keeps a Job with a TTL until its outcome is safe',
  },
];

/** Every limit has a sentence: the compiler refuses to build this page without it. */
export const LIMIT_MEANINGS: Readonly<Record<keyof typeof LIMITS, string>> = {
  dependencies: 'names in one `depends-on`',
  dependsOnBytes: 'bytes of one `depends-on`, in UTF-8',
  ownAnnotationBytes:
    'bytes of what jobflow may have to write on one Job: the record of its creation, and the outcomes of its upstreams',
};
