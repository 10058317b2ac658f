import { expect } from 'chai';
import { formatGatedRecord } from '../../../../src/api/gated-record.ts';
import { API_GROUP, USER_ANNOTATIONS } from '../../../../src/api/names.ts';
import type { NamespaceObjects } from '../../../../src/cli/cluster/read-objects.ts';
import { approvalText, decideApprove } from '../../../../src/cli/gates/decide-approve.ts';
import { decideHold } from '../../../../src/cli/gates/decide-hold.ts';
import { decideStart } from '../../../../src/cli/gates/decide-start.ts';
import { decideResume, decideSuspend } from '../../../../src/cli/gates/decide-suspend.ts';
import { withEdits, withTargets, type GateDecision } from '../../../../src/cli/gates/gate-edit.ts';
import { seeTarget, type SeenTarget } from '../../../../src/cli/gates/seen-target.ts';
import { findTarget, parseTargetWord } from '../../../../src/cli/targets/target.ts';
import { tellEdit, type GateVerb } from '../../../../src/cli/gates/tell-edit.ts';
import { viewNamespace } from '../../../../src/cli/view/namespace-view.ts';
import { entryJobs } from '../../../../src/core/flow/flow-entries.ts';
import { projectFlow, type FlowObject } from '../../../../src/core/flow/flow-projection.ts';
import { CREATED_MS, job, type JobBuilder } from '../../../support/job-builder.ts';

const { dependsOn, hold, approved } = USER_ANNOTATIONS;
const APPROVAL = { user: 'alice', timeMs: CREATED_MS };

const DECISIONS: Readonly<Record<GateVerb, (seen: SeenTarget) => GateDecision>> = {
  hold: decideHold,
  approve: (seen) => decideApprove(seen, APPROVAL),
  start: (seen) => decideStart(seen, true),
  suspend: decideSuspend,
  resume: decideResume,
};

const FLOW = { apiVersion: `${API_GROUP}/v1alpha1`, kind: 'JobFlow' };

/** The flow that `ownedBy(FLOW)` means. */
function flow(spec: NonNullable<FlowObject['spec']>, status: FlowObject['status'] = {}): FlowObject {
  return { metadata: { namespace: 'test', name: 'owner', uid: 'o', resourceVersion: '1' }, spec, status };
}

/** A Job as the flow has made it from an entry. */
function made(of: FlowObject, name: string, dependencies: string): JobBuilder {
  const source = entryJobs(projectFlow(of)).find(({ jobName }) => jobName === name)?.source ?? '';
  const record = { gate: true, statedSuspend: false, manager: '', ignoredUids: [], injected: [], source };
  return job(name).dependsOn(dependencies).annotated('gated', formatGatedRecord(record)).ownedBy(FLOW);
}

interface Place {
  readonly jobs?: readonly JobBuilder[];
  readonly flows?: readonly FlowObject[];
}

function objectsOf({ jobs = [], flows = [] }: Place): NamespaceObjects {
  return { namespace: 'test', jobs: jobs.map((each) => each.object()), flows, daemons: [], unread: [] };
}

function see(place: Place, word: string): { readonly seen: SeenTarget; readonly objects: NamespaceObjects } {
  const objects = objectsOf(place);
  const parsed = parseTargetWord(word);
  const found = parsed && findTarget(objects, parsed, ['job', 'jobflow', 'daemonjob']);
  if (found?.ok !== true) throw new Error(found?.sentence ?? `${word} is no word`);
  return { seen: seeTarget(found.target, viewNamespace(objects, CREATED_MS), ' -n test'), objects };
}

function decide(verb: GateVerb, word: string, place: Place): GateDecision {
  return DECISIONS[verb](see(place, word).seen);
}

/** The sentence for what a command does, as after a write. */
function tell(verb: GateVerb, word: string, place: Place): string {
  const { seen, objects } = see(place, word);
  const decision = DECISIONS[verb](seen);
  if (decision.kind !== 'edit') return `${decision.kind}: ${decision.sentence}`;
  const target = withEdits(seen.target, decision.edits);
  const after = viewNamespace(withTargets(objects, [target]), CREATED_MS);
  return tellEdit(verb, seen, seeTarget(target, after, ' -n test'));
}

const up = job('up').started();
const waits = job('waits').dependsOn('up');
const held = job('held').dependsOn('up').annotated('hold', 'true');

describe('jobflow hold', () => {
  it('holds a Job that waits', () => {
    expect(decide('hold', 'waits', { jobs: [up, waits] })).to.deep.equal({
      kind: 'edit',
      edits: [{ annotations: { [hold]: 'true' } }],
    });
    expect(tell('hold', 'waits', { jobs: [up, waits] })).to.equal(
      'Job "waits" is held, until `jobflow approve waits -n test`.',
    );
  });

  it('takes an earlier approval back', () => {
    const again = job('again').dependsOn('up').annotated('hold', 'true').annotated('approved', 'bob');
    expect(decide('hold', 'again', { jobs: [up, again] })).to.deep.equal({
      kind: 'edit',
      edits: [{ annotations: { [hold]: 'true', [approved]: null } }],
    });
  });

  it('has nothing to do for a Job that is held', () => {
    expect(tell('hold', 'held', { jobs: [up, held] })).to.equal(
      'nothing: Job "held" is held already, until `jobflow approve held -n test`.',
    );
  });

  it('says that an edit of the flow forgets the hold of one of its Jobs', () => {
    const of = flow({ flows: [{ name: 'load', dependencies: ['jobflow/other'], jobTemplate: {} }] });
    const place = { jobs: [made(of, 'owner-load', 'jobflow/other')], flows: [of] };
    expect(tell('hold', 'owner-load', place)).to.equal(
      'Job "owner-load" is held, until `jobflow approve owner-load -n test`. (An edit of its entry in JobFlow "owner", or a retry, makes it anew without the hold; `hold: true` in the entry stays.)',
    );
  });

  it('refuses what has no shut gate, and says what to do instead', () => {
    const jobs = [
      up,
      job('over').ended('Failed'),
      job('paused').spec({ suspend: true }),
      job('going').dependsOn('up').deletedAt(CREATED_MS),
      job('foreign').dependsOn('up').spec({ managedBy: 'example.com/other' }),
    ];
    const flows = [flow({ flows: [] })];
    const refusals = ['up', 'over', 'paused', 'going', 'foreign', 'jobflow/owner'].map((word) =>
      tell('hold', word, { jobs, flows }),
    );
    expect(refusals).to.deep.equal([
      'refused: Job "up" has been started; `jobflow suspend up -n test` pauses it.',
      'refused: Job "over" has ended as Failed: there is nothing to hold.',
      'refused: Job "paused" has no gate: it is suspended, until `jobflow resume paused -n test` starts it.',
      'refused: Job "going" is being deleted.',
      'refused: jobflow leaves Job "foreign" alone, because spec.managedBy is "example.com/other": it has no gate.',
      'refused: JobFlow "owner" has no gate of its own; `jobflow suspend jobflow/owner -n test` lets it start no further Job, and `jobflow hold JOB` keeps back one of its Jobs.',
    ]);
  });
});

describe('jobflow approve', () => {
  it('writes who approves and when', () => {
    expect(approvalText(APPROVAL)).to.equal('alice, 2026-01-01T00:00:00Z');
    expect(approvalText({ ...APPROVAL, user: undefined })).to.equal('2026-01-01T00:00:00Z');
    expect(decide('approve', 'held', { jobs: [up, held] })).to.deep.equal({
      kind: 'edit',
      edits: [{ annotations: { [approved]: 'alice, 2026-01-01T00:00:00Z' } }],
    });
  });

  it('says whether the Job starts, or what it still waits for', () => {
    const done = job('up').ended('Complete');
    expect(tell('approve', 'held', { jobs: [up, held] })).to.equal(
      'Job "held" is approved: it still waits: Job "up" has not ended.',
    );
    expect(tell('approve', 'held', { jobs: [done, held] })).to.equal(
      'Job "held" is approved: it starts now.',
    );
  });

  it('has nothing to do where nothing is held', () => {
    const earlier = job('earlier').dependsOn('up').annotated('hold', 'true').annotated('approved', 'bob');
    const jobs = [up, waits, earlier];
    expect(tell('approve', 'earlier', { jobs })).to.equal(
      'nothing: Job "earlier" is approved already (bob).',
    );
    expect(tell('approve', 'waits', { jobs })).to.equal(
      'nothing: Job "waits" is not held: it waits: Job "up" has not ended.',
    );
    expect(tell('approve', 'up', { jobs })).to.equal('nothing: Job "up" is not held: it has been started.');
  });

  it('comes too late for a Job that has ended', () => {
    const over = job('over').dependsOn('up').annotated('hold', 'true').ended('Failed');
    expect(tell('approve', 'over', { jobs: [over] })).to.equal(
      'refused: Job "over" has ended as Failed: there is nothing to approve.',
    );
  });

  it('names the Jobs of a flow that are held', () => {
    const of = flow({ flows: [{ name: 'load', hold: true, jobTemplate: {} }] });
    const part = made(of, 'owner-load', 'up').annotated('hold', 'true');
    expect(tell('approve', 'jobflow/owner', { jobs: [up, part], flows: [of] })).to.equal(
      'refused: JobFlow "owner" has no gate of its own; `jobflow approve owner-load -n test` approves what is held of it.',
    );
  });
});

describe('jobflow start', () => {
  it('removes what the Job waits for', () => {
    expect(decide('start', 'held', { jobs: [up, held] })).to.deep.equal({
      kind: 'edit',
      edits: [{ annotations: { [dependsOn]: null, [hold]: null } }],
    });
    expect(tell('start', 'held', { jobs: [up, held] })).to.equal(
      'Job "held" starts now, without waiting for Job "up" and without approval.',
    );
  });

  it('says what it would ignore, unless it is told to', () => {
    expect(decideStart(see({ jobs: [up, held] }, 'held').seen, false)).to.deep.equal({
      kind: 'refused',
      sentence:
        'Job "held" waits: Job "up" has not ended; held until it is approved. `jobflow start held -n test --ignore-dependencies` starts it without.',
    });
  });

  it('ends the suspension of a Job that no record keeps gated any more', () => {
    const unseen = job('unseen').annotated('dependsOn', 'up').spec({ suspend: true });
    expect(decide('start', 'unseen', { jobs: [up, unseen] })).to.deep.equal({
      kind: 'edit',
      edits: [{ annotations: { [dependsOn]: null } }, { suspend: false }],
    });
  });

  it('breaks a cycle', () => {
    const jobs = [job('a').dependsOn('b'), job('b').dependsOn('a')];
    expect(tell('start', 'a', { jobs })).to.equal('Job "a" starts now, without waiting for Job "b".');
  });

  it('says what a flow still keeps back', () => {
    const entry = { name: 'load', dependencies: ['first'], jobTemplate: {} };
    const of = flow({ suspend: true, flows: [{ name: 'first', jobTemplate: {} }, entry] });
    const place = { jobs: [made(of, 'owner-load', 'owner-first')], flows: [of] };
    expect(tell('start', 'owner-load', place)).to.equal(
      'Job "owner-load" goes on without waiting for Job "owner-first"; it still waits: JobFlow "owner" is suspended.',
    );
  });

  it('refuses what does not wait, and has nothing to do for what runs', () => {
    const jobs = [up, job('over').ended('Complete'), job('paused').spec({ suspend: true })];
    expect(['up', 'over', 'paused'].map((word) => tell('start', word, { jobs }))).to.deep.equal([
      'nothing: Job "up" has been started already.',
      'refused: Job "over" has ended as Complete; `jobflow retry over -n test` runs it again.',
      'refused: Job "paused" is suspended; `jobflow resume paused -n test` starts it.',
    ]);
  });
});

describe('jobflow suspend and resume', () => {
  it('pause a Job that runs, and let it go on', () => {
    expect(decide('suspend', 'up', { jobs: [up] })).to.deep.equal({
      kind: 'edit',
      edits: [{ suspend: true }],
    });
    const paused = job('paused').started().spec({ suspend: true });
    expect(tell('resume', 'paused', { jobs: [paused] })).to.equal(
      'Job "paused" goes on: it gets new pods now.',
    );
    expect(tell('suspend', 'paused', { jobs: [paused] })).to.equal(
      'nothing: Job "paused" is suspended already, until `jobflow resume paused -n test`.',
    );
    expect(tell('resume', 'up', { jobs: [up] })).to.equal('nothing: Job "up" is not suspended.');
  });

  it('leave a Job that waits at its gate, and say what is meant', () => {
    const jobs = [up, waits, held];
    expect(tell('suspend', 'waits', { jobs })).to.equal(
      'refused: Job "waits" has not started: it waits; `jobflow hold waits -n test` keeps it waiting.',
    );
    expect(tell('resume', 'waits', { jobs })).to.equal(
      'refused: Job "waits" is not suspended but waits: Job "up" has not ended; `jobflow start waits -n test --ignore-dependencies` starts it without.',
    );
    expect(tell('resume', 'held', { jobs })).to.match(/`jobflow approve held -n test` lifts the hold\.$/);
  });

  it('tell what becomes of the Jobs of a flow', () => {
    const spec = { flows: [{ name: 'load', jobTemplate: {} }] };
    const part = job('owner-load').started().ownedBy(FLOW);
    expect(tell('suspend', 'owner', { flows: [flow(spec)], jobs: [part] })).to.equal(
      'JobFlow "owner" is suspended: it starts no further Job until `jobflow resume jobflow/owner -n test`; 1 Job that runs goes on.',
    );
    const suspended = [flow({ ...spec, suspend: true, maxConcurrentJobs: 1 })];
    expect(tell('resume', 'owner', { flows: suspended })).to.equal(
      'JobFlow "owner" goes on: 1 Job starts now.',
    );
  });

  it('refuse what has ended, and what Kueue starts', () => {
    const status = { conditions: [{ type: 'Failed', status: 'True', reason: 'JobFailed' }] } as never;
    expect(tell('resume', 'owner', { flows: [flow({ suspend: true, flows: [] }, status)] })).to.equal(
      'refused: JobFlow "owner" has ended as Failed: there is nothing to resume.',
    );
    const queued = job('queued').spec({ suspend: true }).labelled('kueue.x-k8s.io/queue-name', 'night');
    expect(tell('resume', 'queued', { jobs: [queued] })).to.equal(
      'refused: Job "queued" is in the queue "night" of Kueue, which alone starts it.',
    );
  });
});

describe('words for objects', () => {
  it('take a kind as kubectl does', () => {
    expect(parseTargetWord('report')).to.deep.equal({ kind: undefined, name: 'report' });
    expect(parseTargetWord('jf/etl')).to.deep.equal({ kind: 'jobflow', name: 'etl' });
    expect(parseTargetWord('jobs.batch/a')).to.deep.equal({ kind: 'job', name: 'a' });
    expect(parseTargetWord('dj/tidy')).to.deep.equal({ kind: 'daemonjob', name: 'tidy' });
    for (const word of ['', 'pod/a', 'job/', 'job/a/b']) expect(parseTargetWord(word)).to.equal(undefined);
  });

  const find = (word: string, place: Place, kinds: readonly ('job' | 'jobflow' | 'daemonjob')[]): string => {
    const parsed = parseTargetWord(word);
    const found = parsed && findTarget(objectsOf(place), parsed, kinds);
    return found?.ok === true ? `${found.target.kind}/${found.target.name}` : (found?.sentence ?? '');
  };

  it('without a kind mean what the command is for, and have to be clear', () => {
    const place = { jobs: [job('owner'), job('report')], flows: [flow({ flows: [] })] };
    expect(find('owner', place, ['job', 'daemonjob'])).to.equal('job/owner');
    expect(find('owner', place, ['jobflow', 'daemonjob', 'job'])).to.equal(
      'More than one object is called "owner"; write jobflow/owner or job/owner.',
    );
    expect(find('owner', { flows: place.flows }, ['job', 'daemonjob'])).to.equal('jobflow/owner');
  });

  it('that mean nothing are answered with those that may have been meant', () => {
    const place = { jobs: [job('report'), job('load')] };
    expect(find('reprot', place, ['job'])).to.equal(
      'Job "reprot" does not exist in namespace "test"; did you mean "report"?',
    );
    expect(find('jobflow/etl', place, ['job'])).to.equal(
      'JobFlow "etl" does not exist in namespace "test"; name another, or another namespace with -n.',
    );
  });
});
