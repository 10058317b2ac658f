import { expect } from 'chai';
import { API_GROUP } from '../../../../src/api/names.ts';
import type { NamespaceObjects } from '../../../../src/cli/cluster/read-objects.ts';
import { planDeletion, type Cascade, type DeletionPlan } from '../../../../src/cli/delete/plan-deletion.ts';
import { listDeletions, remarksOn, tellDeletion } from '../../../../src/cli/delete/tell-deletion.ts';
import { whatKeeps } from '../../../../src/cli/delete/until-gone.ts';
import { findTarget, parseTargetWord, type Target } from '../../../../src/cli/targets/target.ts';
import { viewNamespace } from '../../../../src/cli/view/namespace-view.ts';
import { CREATED_MS, job, type JobBuilder } from '../../../support/job-builder.ts';

const FLOW = { apiVersion: `${API_GROUP}/v1alpha1`, kind: 'JobFlow' };
const flow = {
  metadata: { namespace: 'test', name: 'owner', uid: 'o', resourceVersion: '1' },
  spec: { flows: [{ name: 'load', jobTemplate: {} }] },
};

function objectsOf(jobs: readonly JobBuilder[]): NamespaceObjects {
  const objects = jobs.map((each) => each.object());
  return { namespace: 'test', jobs: objects, flows: [flow], daemons: [], unread: [] };
}

function targetIn(objects: NamespaceObjects, word: string): Target {
  const found = findTarget(objects, parseTargetWord(word) ?? { kind: undefined, name: word }, [
    'jobflow',
    'job',
  ]);
  if (!found.ok) throw new Error(found.sentence);
  return found.target;
}

function plan(
  jobs: readonly JobBuilder[],
  words: readonly string[],
  cascade: Cascade = 'background',
): DeletionPlan {
  const objects = objectsOf(jobs);
  const targets = words.map((word) => targetIn(objects, word));
  return planDeletion(targets, viewNamespace(objects, CREATED_MS), cascade);
}

const load = job('owner-load').started().ownedBy(FLOW);
const report = job('owner-report').dependsOn('owner-load').ownedBy(FLOW);

describe('a deletion', () => {
  it('takes along what belongs to a JobFlow, and says so before it asks', () => {
    const planned = plan([load, report, job('other')], ['jobflow/owner']);
    expect(listDeletions(planned, 'background')).to.equal(
      [
        'JobFlow "owner" will be deleted, with its 2 Jobs and their pods (1 pod runs):',
        '  owner-load    Running',
        '  owner-report  Waiting',
        '',
      ].join('\n'),
    );
    expect(remarksOn(planned)).to.equal('');
    expect(planned.deletions.map((deletion) => tellDeletion(deletion, 'background'))).to.deep.equal([
      'JobFlow "owner" is deleted, with its 2 Jobs and their pods.',
    ]);
  });

  it('says it of a single Job too', () => {
    const planned = plan([load], ['jobflow/owner']);
    expect(planned.deletions.map((deletion) => tellDeletion(deletion, 'background'))).to.deep.equal([
      'JobFlow "owner" is deleted, with its 1 Job and its pods.',
    ]);
  });

  it('leaves it with --cascade=orphan', () => {
    const planned = plan([load, report], ['jobflow/owner'], 'orphan');
    expect(planned.deletions.map((deletion) => tellDeletion(deletion, 'orphan'))).to.deep.equal([
      'JobFlow "owner" is deleted; its 2 Jobs stay.',
    ]);
  });

  it('names those that wait for what goes, unless its outcome is there', () => {
    const after = job('after').dependsOn('jobflow/owner, owner-load, done');
    const done = job('done').ended('Complete');
    const planned = plan([load, after, done], ['jobflow/owner', 'done']);
    expect(remarksOn(planned)).to.equal(
      'Job "after" waits for JobFlow "owner", Job "owner-load", and will wait on until there is another.\n',
    );
    expect(remarksOn(plan([load, after, done], ['jobflow/owner'], 'orphan'))).to.equal(
      'Job "after" waits for JobFlow "owner", and will wait on until there is another.\n',
    );
  });

  it('says that a flow makes a Job of its own again, unless that has ended or goes too', () => {
    expect(remarksOn(plan([load], ['owner-load']))).to.equal(
      'JobFlow "owner" will make Job "owner-load" anew.\n',
    );
    expect(remarksOn(plan([load], ['owner-load', 'jobflow/owner']))).to.equal('');
    expect(remarksOn(plan([job('owner-load').ended('Failed').ownedBy(FLOW)], ['owner-load']))).to.equal('');
  });

  it('names only the first of very many', () => {
    const jobs = Array.from({ length: 30 }, (_, index) => job(`owner-${index}`).ownedBy(FLOW));
    const waiters = Array.from({ length: 30 }, (_, index) => job(`w-${index}`).dependsOn('jobflow/owner'));
    const planned = plan([...jobs, ...waiters], ['jobflow/owner']);
    expect(listDeletions(planned, 'background').split('\n')).to.have.length(13);
    expect(remarksOn(planned)).to.match(/20 more Jobs wait for them\.\n$/);
  });

  it('says what keeps an object that does not go', () => {
    const target = targetIn(objectsOf([job('a')]), 'a');
    const said = (finalizers: string[]): string => whatKeeps(target, { finalizers });
    expect(said([`${API_GROUP}/keep-outcome`])).to.include('`jobflow doctor`');
    expect(said(['foregroundDeletion'])).to.equal('Job "a" stays until all that belongs to it is gone.');
    expect(said(['example.com/mine'])).to.equal(
      'Job "a" stays until its finalizers are taken off: example.com/mine.',
    );
  });
});
