import type { AnnouncedReason, GateEventReason } from '../../src/core/job-plan.ts';

/** What the page says of one Event. */
export interface EventNote {
  readonly type: 'Normal' | 'Warning';
  /** Which program writes it. */
  readonly from: 'jobflow' | 'Job controller';
  readonly meaning: string;
}

type Announced = Readonly<Record<AnnouncedReason, EventNote & { readonly from: 'jobflow' }>>;

/** Every reason has a note: the compiler refuses to build this page without it. */
export const EVENT_NOTES: Announced & Readonly<Record<GateEventReason, EventNote>> = {
  Waiting: {
    type: 'Normal',
    from: 'jobflow',
    meaning:
      'The gate is shut. The message names what is waited for, the first five and how many more. Written when a wait has lasted two seconds, and every 30 minutes after that.',
  },
  Held: {
    type: 'Normal',
    from: 'jobflow',
    meaning:
      'Every dependency is met and only `hold` keeps the gate shut. Set the annotation `approved` to go on. Repeated every 30 minutes.',
  },
  Released: {
    type: 'Normal',
    from: 'jobflow',
    meaning: 'The gate has opened; from here on the Job is an ordinary one.',
  },
  Skipped: {
    type: 'Normal',
    from: 'jobflow',
    meaning:
      'The Job is completed without a pod, because an upstream took the other branch or was skipped itself. The message names the edge.',
  },
  DependencyFailed: {
    type: 'Warning',
    from: 'Job controller',
    meaning:
      'The Job is failed without a pod, because an upstream failed that it needs. The Failed condition has the same reason and message.',
  },
  DependencyTimeout: {
    type: 'Warning',
    from: 'Job controller',
    meaning:
      'The Job is failed without a pod, because its gate has not opened within `wait-timeout`. The message says what it still waited for.',
  },
  DependencyCycle: {
    type: 'Warning',
    from: 'jobflow',
    meaning:
      'The Job is on a cycle that slipped past admission (two Jobs created in the same moment). Nothing is started by force: edit or delete one of the Jobs on the path. Repeated every 30 minutes while the cycle is there.',
  },
};
