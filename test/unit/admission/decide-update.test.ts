import { expect } from 'chai';
import { formatGatedRecord } from '../../../src/api/gated-record.ts';
import type { JobObject } from '../../../src/api/job.ts';
import {
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import type { Verdict } from '../../../src/core/admission/verdict.ts';
import type { AdmissionView, Candidate } from '../../../src/core/admission/view.ts';
import {
  admitted,
  annotated,
  arrivedJob,
  arrivedSpec,
  create,
  EMPTY_VIEW,
  foundFlow,
  foundTemplate,
  refusalOf,
  released,
  stored,
  update,
  warningsOf,
  withSpec,
  withSuspend,
} from './job-builder.ts';

const MAIN = [{ name: 'main', image: 'busybox:1.36' }];
const RECORD = OWN_ANNOTATIONS.gated;

/** The Job as stored after its creation. */
function waiting(job: JobObject): JobObject {
  return stored(admitted(create(job), job));
}

const DEPENDENT = arrivedJob({ 'depends-on': 'a' });
const HELD = arrivedJob({ hold: 'true' });

function suspendAfter(old: JobObject, next: JobObject, manager?: string): unknown {
  return admitted(update(old, next, manager), next).spec?.suspend;
}

describe('decideUpdate: what is not ours to change', () => {
  it('leaves a Job that nobody changed as it is', () => {
    const old = waiting(DEPENDENT);
    expect(update(old, old)).to.deep.equal({
      kind: 'admit',
      job: undefined,
      warnings: [],
      registers: undefined,
    });
  });

  it('warns when the annotations of a Job left alone change, and only then', () => {
    const old = arrivedJob({ 'depends-on': 'a' }, arrivedSpec(MAIN, { managedBy: 'x.io/y' }));
    expect(warningsOf(update(old, withSpec(old, ['parallelism'], 2)))).to.deep.equal([]);
    const edited = annotated(old, { [USER_ANNOTATIONS.dependsOn]: 'c' });
    expect(warningsOf(update(old, edited))[0]).to.include('leaves this Job alone');
  });

  for (const key of Object.values(OWN_ANNOTATIONS)) {
    it(`puts ${key} back when it is missing, and refuses another value`, () => {
      const old = annotated(waiting(DEPENDENT), { [RECORD]: '{"gate":true}', [key]: '{"gate":true}' });
      const without = annotated(old, { [key]: undefined });
      expect(admitted(update(old, without), without).metadata.annotations).to.have.property(key);
      expect(refusalOf(update(old, annotated(old, { [key]: 'x' }))).code).to.equal('OwnAnnotation');
      expect(refusalOf(update(without, annotated(without, { [key]: 'x' }))).code).to.equal('OwnAnnotation');
    });
  }

  it('puts the finalizer back in its place, and refuses one that is new', () => {
    const old = waiting(arrivedJob({ run: 'r' }, arrivedSpec(MAIN, { ttlSecondsAfterFinished: 1 })));
    const without = { ...old, metadata: { ...old.metadata, finalizers: ['x.io/y'] } };
    expect(admitted(update(old, without), without).metadata.finalizers).to.deep.equal([
      KEEP_OUTCOME_FINALIZER,
      'x.io/y',
    ]);
    expect(refusalOf(update(without, old)).code).to.equal('OwnFinalizer');
  });

  it('puts the flow label back and refuses another', () => {
    const job = arrivedJob({ flow: 'f' });
    const old = stored(admitted(create(job, { flow: foundFlow({}) }), job));
    const without = { ...old, metadata: { ...old.metadata, labels: {} } };
    expect(admitted(update(old, without), without).metadata.labels).to.deep.equal({ [FLOW_LABEL]: 'f' });
    const other = { ...old, metadata: { ...old.metadata, labels: { [FLOW_LABEL]: 'g' } } };
    expect(refusalOf(update(old, other)).code).to.equal('OwnLabel');
  });

  it('warns that another flow or template has no effect', () => {
    const old = waiting(DEPENDENT);
    const edited = annotated(old, { [USER_ANNOTATIONS.flow]: 'f', [USER_ANNOTATIONS.template]: 't' });
    const verdict = update(old, edited);
    expect(warningsOf(verdict)).to.have.length(2);
    expect(admitted(verdict, edited).metadata.labels).to.equal(undefined);
  });
});

describe('decideUpdate: suspend of a waiting Job', () => {
  it('stays true, with a warning that says how to start it on purpose', () => {
    const old = waiting(DEPENDENT);
    const verdict = update(old, withSuspend(old, false), 'kubectl-patch');
    expect(admitted(verdict, old).spec?.suspend).to.equal(true);
    expect(warningsOf(verdict)).to.deep.equal([
      'spec.suspend: stays true, because the Job waits; to start it on purpose, edit or remove the annotation "api.practice.com/depends-on".',
    ]);
    const held = waiting(HELD);
    expect(warningsOf(update(held, withSuspend(held, false)))[0]).to.include('approved');
  });

  it('stays true without a word when a server-side apply does not state it', () => {
    const old = waiting(DEPENDENT);
    const fieldsV1 = { 'f:spec': { 'f:template': {} } };
    const next = withSuspend(old, false);
    next.metadata.managedFields = [{ manager: 'kubectl', operation: 'Apply', fieldsV1 }];
    const verdict = update(old, next, 'kubectl');
    expect(admitted(verdict, next).spec?.suspend).to.equal(true);
    expect(warningsOf(verdict)).to.deep.equal([]);
  });

  it('stays true with a warning when a server-side apply states false', () => {
    const old = waiting(DEPENDENT);
    const fieldsV1 = { 'f:spec': { 'f:suspend': {} } };
    const next = withSuspend(old, false);
    next.metadata.managedFields = [{ manager: 'kubectl', operation: 'Apply', fieldsV1 }];
    expect(warningsOf(update(old, next, 'kubectl'))).to.have.length(1);
  });

  it('stays true without a word when its file is sent by a replace, without the record', () => {
    const old = waiting(DEPENDENT);
    const file = annotated(withSuspend(old, false), { [RECORD]: undefined });
    const verdict = update(old, file, 'kubectl-replace');
    expect(admitted(verdict, file).spec?.suspend).to.equal(true);
    expect(warningsOf(verdict)).to.deep.equal([]);
  });

  it('stays true while the last dependency is removed: the controller releases it', () => {
    const old = waiting(DEPENDENT);
    const next = withSuspend(annotated(old, { [USER_ANNOTATIONS.dependsOn]: undefined }), false);
    const verdict = update(old, next);
    expect(admitted(verdict, next).spec?.suspend).to.equal(true);
    expect(warningsOf(verdict)).to.deep.equal([]);
  });

  it('stays true without a word after the Job was failed or skipped natively', () => {
    const old = { ...waiting(DEPENDENT), status: { startTime: '2026-01-01T00:00:00Z' } };
    const verdict = update(old, withSuspend(old, false));
    expect(admitted(verdict, old).spec?.suspend).to.equal(true);
    expect(warningsOf(verdict)).to.deep.equal([]);
  });

  it('is free on a Job that is not gated', () => {
    const old = waiting(arrivedJob({ run: 'r' }, arrivedSpec(MAIN, { suspend: true })));
    expect(suspendAfter(old, withSuspend(old, false))).to.equal(false);
  });
});

describe('decideUpdate: suspend of a released Job', () => {
  const stated = arrivedJob({ 'depends-on': 'a' }, arrivedSpec(MAIN, { suspend: true }));

  for (const manager of ['kubectl-client-side-apply', 'kubectl']) {
    it(`stays false when ${manager} applies a file that states true again`, () => {
      const old = released(waiting(stated));
      const verdict = update(old, withSuspend(old, true), manager);
      expect(admitted(verdict, old).spec?.suspend).to.equal(false);
      expect(warningsOf(verdict)).to.deep.equal([]);
    });
  }

  it('stays false when the manager that created the Job sends true again', () => {
    const old = released(stored(admitted(create(stated, { manager: 'argocd-controller' }), stated)));
    expect(suspendAfter(old, withSuspend(old, true), 'argocd-controller')).to.equal(false);
  });

  it('stays false when the file is sent by a replace, without the record', () => {
    const old = released(waiting(stated));
    const file = annotated(withSuspend(old, true), { [RECORD]: undefined });
    expect(suspendAfter(old, file, 'kubectl-replace')).to.equal(false);
  });

  it('is a pause from anybody else', () => {
    const old = released(waiting(stated));
    expect(suspendAfter(old, withSuspend(old, true), 'kubectl-patch')).to.equal(true);
    const anonymous = released(stored(admitted(create(stated, { manager: '' }), stated)));
    expect(suspendAfter(anonymous, withSuspend(anonymous, true), '')).to.equal(true);
  });

  it('is a pause where the file had not stated it', () => {
    const old = released(waiting(DEPENDENT));
    expect(suspendAfter(old, withSuspend(old, true))).to.equal(true);
  });

  it('can be resumed after a pause', () => {
    const old = withSuspend(released(waiting(DEPENDENT)), true);
    expect(suspendAfter(old, withSuspend(old, false), 'kubectl-patch')).to.equal(false);
  });
});

describe('decideUpdate: annotations', () => {
  it('refuses a malformed change, and not what was malformed before', () => {
    const old = waiting(DEPENDENT);
    expect(refusalOf(update(old, annotated(old, { [USER_ANNOTATIONS.waitTimeout]: 'soon' }))).code).to.equal(
      'DurationInvalid',
    );
    const broken = annotated(old, { [USER_ANNOTATIONS.waitTimeout]: 'soon' });
    expect(update(broken, annotated(broken, { note: 'n' })).kind).to.equal('admit');
  });

  it('checks new edges of a waiting Job only, and refuses a cycle through them', () => {
    const asked: Candidate[] = [];
    const view: AdmissionView = {
      ...EMPTY_VIEW,
      findCycle: (candidate) => {
        asked.push(candidate);
        return ['b', 'c', 'b'];
      },
    };
    const old = waiting(DEPENDENT);
    const edit = (value: string): JobObject => annotated(old, { [USER_ANNOTATIONS.dependsOn]: value });
    expect(refusalOf(update(old, edit('a, c'), '', view)).code).to.equal('DependencyCycle');
    expect(asked).to.deep.equal([{ name: 'b', run: undefined, edges: [{ name: 'c', wants: 'Complete' }] }]);
    expect(update(old, edit('a=Finished'), '', view).kind).to.equal('admit');
    expect(refusalOf(update(old, edit('b'), '', view)).code).to.equal('DependencyOnItself');
    const gone = released(old);
    expect(update(gone, annotated(gone, { [USER_ANNOTATIONS.dependsOn]: 'c' }), '', view).kind).to.equal(
      'admit',
    );
  });

  it('registers changed edges of a waiting Job', () => {
    const old = waiting(DEPENDENT);
    const verdict = update(old, annotated(old, { [USER_ANNOTATIONS.dependsOn]: 'c=Failed' }));
    expect(verdict.kind === 'admit' && verdict.registers).to.deep.equal({
      name: 'b',
      run: undefined,
      edges: [{ name: 'c', wants: 'Failed' }],
    });
    const other = update(old, annotated(old, { [USER_ANNOTATIONS.run]: 'r' }));
    expect(other.kind === 'admit' && other.registers).to.deep.include({ run: 'r' });
  });

  it('registers that a waiting Job no longer depends on anything, and checks it anew without its run', () => {
    const withoutKey = (job: JobObject, key: string): JobObject => {
      const kept = Object.entries(job.metadata.annotations ?? {}).filter(([name]) => name !== key);
      return { ...job, metadata: { ...job.metadata, annotations: Object.fromEntries(kept) } };
    };
    const old = waiting(DEPENDENT);
    const free = update(old, withoutKey(old, USER_ANNOTATIONS.dependsOn));
    expect(free.kind === 'admit' && free.registers).to.deep.equal({ name: 'b', run: undefined, edges: [] });
    const ofRun = annotated(old, { [USER_ANNOTATIONS.run]: 'r' });
    const view: AdmissionView = { ...EMPTY_VIEW, findCycle: () => ['b', 'a', 'b'] };
    const anyRun = update(ofRun, withoutKey(ofRun, USER_ANNOTATIONS.run), '', view);
    expect(refusalOf(anyRun).code).to.equal('DependencyCycle');
    expect(update(ofRun, annotated(ofRun, { note: 'n' }), '', view)).to.deep.include({
      registers: undefined,
    });
  });

  it('gates a suspended Job that gets its first dependency', () => {
    const old = stored(arrivedJob({}, arrivedSpec(MAIN, { suspend: true })));
    const next = withSuspend(annotated(old, { [USER_ANNOTATIONS.dependsOn]: 'a' }), false);
    expect(suspendAfter(old, next, 'kubectl-patch')).to.equal(true);
  });

  it('warns that a gate comes too late for a Job that runs', () => {
    const old = stored(arrivedJob({}));
    for (const [key, value] of [
      [USER_ANNOTATIONS.dependsOn, 'a'],
      [USER_ANNOTATIONS.hold, 'true'],
    ] as const) {
      expect(warningsOf(update(old, annotated(old, { [key]: value })))[0]).to.include('no effect any more');
    }
  });

  it('refuses completions: 0 while the Job waits', () => {
    const old = waiting(DEPENDENT);
    expect(refusalOf(update(old, withSpec(old, ['completions'], 0))).code).to.equal('CompletionsZero');
    const gone = released(old);
    expect(update(gone, withSpec(gone, ['completions'], 0)).kind).to.equal('admit');
  });
});

describe('decideUpdate: what was injected', () => {
  const template = foundTemplate({
    parallelism: 3,
    ttlSecondsAfterFinished: 60,
    template: { spec: { containers: [{ name: 'main', image: 'i:1' }] } },
  });
  const bare = arrivedJob({ template: 't', 'depends-on': 'a' }, arrivedSpec(null));
  const old = stored(admitted(create(bare, { template }), bare));

  it('comes back whole when the Job is sent without a spec', () => {
    const verdict = update(old, bare, 'kubectl');
    expect(admitted(verdict, bare).spec).to.deep.equal(old.spec);
    expect(admitted(verdict, bare).metadata.finalizers).to.deep.equal(old.metadata.finalizers);
  });

  it('stays edited where somebody writes a value of his own', () => {
    const edited = withSpec(withSpec(old, ['parallelism'], 7), ['ttlSecondsAfterFinished'], 5);
    expect(update(old, edited, 'kubectl-edit')).to.deep.include({ kind: 'admit', job: undefined });
  });

  it('says so when somebody writes by hand what it had replaced', () => {
    const verdict = update(old, withSpec(old, ['parallelism'], 1), 'kubectl-patch');
    expect(admitted(verdict, old).spec?.parallelism).to.equal(3);
    expect(warningsOf(verdict)[0]).to.match(/^spec\.parallelism: kept/);
  });

  it('is left as it is sent where the record is damaged', () => {
    const damaged = annotated(old, { [RECORD]: 'gate' });
    const next = withSpec(damaged, ['parallelism'], 1);
    expect(admitted(update(damaged, next), next).spec?.parallelism).to.equal(1);
    expect(suspendAfter(damaged, withSuspend(damaged, false))).to.equal(true);
  });

  it('is read from the record alone, whatever the flow says now', () => {
    const record = formatGatedRecord({
      gate: false,
      statedSuspend: false,
      manager: '',
      ignoredUids: [],
      injected: [{ path: ['metadata', 'labels', 'team'], stated: undefined }],
    });
    const before = stored(arrivedJob({ flow: 'f' }, undefined, { labels: { team: 'x', mine: '1' } }));
    const withRecord = annotated(before, { [RECORD]: record });
    const next = { ...withRecord, metadata: { ...withRecord.metadata, labels: { mine: '2' } } };
    expect(admitted(update(withRecord, next), next).metadata.labels).to.deep.equal({ mine: '2', team: 'x' });
  });
});

describe('decideUpdate: how much jobflow may have to write', () => {
  const names = (count: number): string => Array.from({ length: count }, (_, index) => `a${index}`).join();
  const value = 'x'.repeat(100 * 1024);
  const terms = [{ matchExpressions: [{ key: 'k', operator: 'In', values: [value] }] }];
  const affinity = {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
  };
  const job = arrivedJob({ flow: 'f', 'depends-on': names(10) }, arrivedSpec(MAIN, {}, { affinity }));
  const old = stored(admitted(create(job, { flow: foundFlow({ nodeName: 'n' }) }), job));

  it('is refused when an edit adds too many upstreams, as at the creation', () => {
    const more = (count: number): Verdict =>
      update(old, annotated(old, { [USER_ANNOTATIONS.dependsOn]: names(count) }));
    expect(more(11).kind).to.equal('admit');
    expect(refusalOf(more(1_000)).code).to.equal('AnnotationsTooLarge');
  });

  it('traps nobody: an edit that leaves less is admitted, and so is one of something else', () => {
    const large = annotated(old, { [USER_ANNOTATIONS.dependsOn]: names(1_000) });
    const less = annotated(large, { [USER_ANNOTATIONS.dependsOn]: names(900) });
    expect(update(large, less).kind).to.equal('admit');
    expect(update(large, annotated(large, { [USER_ANNOTATIONS.hold]: 'true' })).kind).to.equal('admit');
  });
});
