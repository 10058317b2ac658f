import { expect } from 'chai';
import { stripVTControlCharacters } from 'node:util';
import type { NamespaceObjects } from '../../../src/cli/cluster/read-objects.ts';
import { statusLines, type StatusForm } from '../../../src/cli/status/print-status.ts';
import {
  findNamed,
  selectParts,
  type Section,
  type Selection,
} from '../../../src/cli/status/select-parts.ts';
import { statusReport } from '../../../src/cli/status/status-report.ts';
import { statusScreen } from '../../../src/cli/status/watch-status.ts';
import { parseLabelSelector } from '../../../src/cli/view/label-selector.ts';
import { viewNamespace } from '../../../src/cli/view/namespace-view.ts';
import { CREATED_MS, job, type JobBuilder } from '../../support/job-builder.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';

const NOW_MS = CREATED_MS + 192_000;
const TABLE: StatusForm = { output: 'table', hasHeaders: true, hasNamespaces: false };

const FLOW = {
  metadata: { namespace: 'test', name: 'etl', uid: 'f-1', resourceVersion: '1' },
  spec: {
    flows: [
      { name: 'zero', dependencies: ['load'], jobTemplate: {} },
      { name: 'load', jobTemplate: {} },
    ],
  },
};

function namespace(jobs: readonly JobBuilder[], flows: readonly object[] = []): NamespaceObjects {
  const objects = jobs.map((each) => each.object());
  return { namespace: 'test', daemons: [], unread: [], flows: flows as never, jobs: objects };
}

function sections(objects: NamespaceObjects, selection: Partial<Selection> = {}): Section[] {
  const all = { names: [], all: false, isLabelled: undefined, ...selection };
  return selectParts(viewNamespace(objects, NOW_MS), objects, all);
}

function lines(objects: NamespaceObjects, selection?: Partial<Selection>, form = TABLE): string[] {
  return statusLines(sections(objects, selection), form, { nowMs: NOW_MS, terminal: new RecordedTerminal() });
}

const JOBS = [
  job('first').started(),
  job('next').dependsOn('first, second, third, fourth'),
  job('other').ended('Complete'),
];

describe('the status of Jobs', () => {
  it('is a table of those that jobflow has to do with, as kubectl writes tables', () => {
    expect(lines(namespace(JOBS))).to.deep.equal([
      'NAME    STATE     WAITING FOR                           STARTED     TOOK     ATTEMPTS   AGE',
      'first   Running   <none>                                3m12s ago   3m12s    1          3m12s',
      'next    Waiting   first, second (not created) +2 more   <none>      <none>   0          3m12s',
    ]);
  });

  it('is that of all Jobs on request', () => {
    const shown = sections(namespace(JOBS), { all: true }).flatMap(({ parts }) => parts);
    expect(shown.map(({ name }) => name)).to.deep.equal(['first', 'next', 'other']);
  });

  it('of a JobFlow has a heading, and its Jobs in the order in which they can run', () => {
    const objects = namespace([job('alone').annotated('hold', 'true').gated()], [FLOW]);
    expect(lines(objects, { names: ['jobflow/etl', 'alone'] })).to.deep.equal([
      'JobFlow etl: Waiting; 2 Waiting',
      'NAME       STATE     WAITING FOR                  STARTED   TOOK     ATTEMPTS   AGE',
      'etl-load   Waiting   jobflow/etl (to create it)   <none>    <none>   0          <none>',
      'etl-zero   Waiting   jobflow/etl (to create it)   <none>    <none>   0          <none>',
      '',
      'NAME    STATE   WAITING FOR   STARTED   TOOK     ATTEMPTS   AGE',
      'alone   Held    approval      <none>    <none>   0          3m12s',
    ]);
  });

  it('names the cycle that Jobs are on', () => {
    const [, row = ''] = lines(namespace([job('a').dependsOn('b'), job('b').dependsOn('a')]));
    expect(row).to.match(/^a {6}Waiting {3}a cycle: a → b → a {3}/);
  });

  it('says more in its wide form', () => {
    const failed = job('a').annotated('run', 'monday').started().condition({
      type: 'Failed',
      status: 'True',
      reason: 'BackoffLimitExceeded',
      message: 'too often\nfailed',
    });
    const [header = '', row = ''] = lines(namespace([failed]), {}, { ...TABLE, output: 'wide' });
    expect(header).to.match(/ATTEMPTS {3}AGE {5}COMPLETIONS {3}FLOW {5}RUN {6}MESSAGE$/);
    expect(row).to.match(/0\/1 {11}<none> {3}monday {3}BackoffLimitExceeded: too often failed$/);
  });

  it('fits into a terminal', () => {
    const terminal = new RecordedTerminal({ size: { columns: 80, rows: 24 } });
    const cut = statusLines(sections(namespace(JOBS)), TABLE, { nowMs: NOW_MS, terminal });
    expect(cut).to.deep.equal([
      'NAME    STATE     WAITING FOR              STARTED     TOOK     ATTEMPTS   AGE',
      'first   Running   <none>                   3m12s ago   3m12s    1          3m12s',
      'next    Waiting   first, second (not cr…   <none>      <none>   0          3m12s',
    ]);
    expect(cut[2]).to.have.length(80);
  });

  it('selects by labels', () => {
    const objects = namespace(JOBS);
    const [first] = objects.jobs;
    if (first !== undefined) first.metadata.labels = { team: 'shop' };
    const isLabelled = parseLabelSelector('team=shop');
    expect(sections(objects, { isLabelled }).flatMap(({ parts }) => parts)).to.have.length(1);
  });

  it('has a form for programs', () => {
    const { jobs, flows } = statusReport(
      sections(namespace(JOBS, [FLOW]), { names: ['jobflow/etl', 'next'] }),
      NOW_MS,
    );
    expect(flows).to.deep.equal([
      { namespace: 'test', name: 'etl', state: 'Waiting', message: '', counts: { Waiting: 2 } },
    ]);
    expect(jobs.map(({ name }) => name)).to.deep.equal(['etl-load', 'etl-zero', 'next']);
    expect(jobs[2]).to.deep.include({
      kind: 'Job',
      state: 'Waiting',
      created: '2026-01-01T00:00:00Z',
      started: undefined,
      attempts: 0,
    });
    expect(jobs[2]?.waitingFor[1]).to.deep.equal({
      kind: 'notCreated',
      name: 'second',
      message: '"second" does not exist (not created yet, or gone with its outcome unknown)'.replace(
        '"',
        'Job "',
      ),
    });
  });

  it('gives names as kubectl does, of what is there', () => {
    expect(lines(namespace(JOBS, [FLOW]), {}, { ...TABLE, output: 'name' })).to.deep.equal([
      'job.batch/first',
      'job.batch/next',
    ]);
  });
});

describe('a name that a user writes', () => {
  const view = viewNamespace(namespace([job('etl'), job('load')], [FLOW]), NOW_MS);

  it('is found with or without its kind', () => {
    expect(
      findNamed(view, ['load', 'job/etl', 'jf/etl', 'jobflows/etl', 'etl-load', 'job.batch/load']),
    ).to.deep.equal(['load', 'etl', 'jobflow/etl', 'jobflow/etl', 'etl-load', 'load']);
  });

  it('has to tell the kind where several bear it', () => {
    expect(() => findNamed(view, ['etl'])).to.throw(
      'More than one object is called "etl"; write job/etl or jobflow/etl.',
    );
  });

  it('that nothing bears gets those that are near', () => {
    expect(() => findNamed(view, ['laod'])).to.throw(
      'Job or JobFlow "laod" does not exist in namespace "test"; did you mean "load"?',
    );
    expect(() => findNamed(view, ['daemonjob/tidy'])).to.throw(
      'DaemonJob "tidy" does not exist in namespace "test"; name',
    );
    expect(() => findNamed(view, ['pod/tidy'])).to.throw('"pod/tidy" names no Job, JobFlow or DaemonJob');
  });
});

describe('a status that is watched', () => {
  it('tells elsewhere than on a terminal what has changed, as kubectl does', () => {
    const terminal = new RecordedTerminal();
    const screen = statusScreen(TABLE, terminal);
    const show = (jobs: readonly JobBuilder[], seconds: number) => {
      screen.show(sections(namespace(jobs)), CREATED_MS + seconds * 1_000);
    };
    show([job('a').started(), job('b').dependsOn('a')], 1);
    show([job('a').started(), job('b').dependsOn('a')], 2);
    screen.tellContact({ kind: 'lost', problem: 'connect ECONNREFUSED' });
    screen.tellContact({ kind: 'regained' });
    show([job('b').dependsOn('a')], 3);
    expect(terminal.written.trimEnd().split('\n')).to.deep.equal([
      'NAME   STATE     WAITING FOR   STARTED   TOOK     ATTEMPTS   AGE',
      'a      Running   <none>        1s ago    1s       1          1s',
      'b      Waiting   a             <none>    <none>   0          1s',
      'b      Waiting   a (not created)   <none>    <none>   0          3s',
      'a      Deleted   <none>            <none>    <none>   <none>     <none>',
    ]);
    expect(terminal.errors.split('\n')).to.deep.equal([
      'The cluster does not answer (connect ECONNREFUSED); going on as soon as it does.',
      'The cluster answers again.',
      '',
    ]);
  });

  it('for programs is one object a line', () => {
    const terminal = new RecordedTerminal();
    const screen = statusScreen({ ...TABLE, output: 'json' }, terminal);
    screen.show(sections(namespace(JOBS)), NOW_MS);
    const names = terminal.written
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names).to.deep.equal(['first', 'next']);
  });

  it('leaves out on a terminal what has ended well, where there is no room for it', () => {
    const terminal = new RecordedTerminal({ size: { columns: 80, rows: 5 } });
    const screen = statusScreen(TABLE, terminal);
    const done = ['a', 'b', 'c', 'd'].map((name) => job(name).annotated('run', '1').ended('Complete'));
    screen.show(sections(namespace([...done, job('e').annotated('run', '1').started()])), CREATED_MS);
    expect(terminal.written.split('\n').map((line) => line.split(/ {2,}/)[0])).to.deep.equal([
      '4 that are Complete or Skipped are left out, for want of room.',
      'NAME',
      'e',
      '',
    ]);
  });

  it('is drawn in its place on a terminal, and says when the cluster is away', () => {
    const terminal = new RecordedTerminal({ size: { columns: 80, rows: 24 } });
    const screen = statusScreen(TABLE, terminal);
    screen.show(sections(namespace([job('a').annotated('run', '1').started()])), CREATED_MS);
    const before = terminal.written.length;
    screen.tellContact({ kind: 'lost', problem: 'connect ECONNREFUSED.' });
    screen.show([], CREATED_MS);
    expect(stripVTControlCharacters(terminal.written.slice(before)).replace('\r', '')).to.equal(
      'The cluster does not answer (connect ECONNREFUSED); going on as soon as it does.\nNothing to show yet.\n',
    );
  });
});
