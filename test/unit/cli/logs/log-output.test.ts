import { expect } from 'chai';
import type { PodObject } from '../../../../src/cli/cluster/pods.ts';
import { absentLogs } from '../../../../src/cli/logs/absent-logs.ts';
import { haveAllEnded, jobsToLog } from '../../../../src/cli/logs/log-jobs.ts';
import { LogOutput } from '../../../../src/cli/logs/log-output.ts';
import { viewNamespace } from '../../../../src/cli/view/namespace-view.ts';
import { CREATED_MS, job, type JobBuilder } from '../../../support/job-builder.ts';
import { RecordedTerminal } from '../terminal/recorded-terminal.ts';

const line = (text: string, isWhole = true) => ({
  bytes: Buffer.from(text),
  isWhole,
  time: '2026-01-01T00:00:00.1Z',
});
const LOAD = { job: 'load', pod: 'load-x7k2p', container: 'main' };
const OTHER = { job: 'report', pod: 'another', container: 'main' };

describe('the output of logs', () => {
  it('says of each line whose it is, in short', async () => {
    const terminal = new RecordedTerminal();
    const output = new LogOutput(terminal, { prefix: true, timestamps: false });
    await output.write(LOAD, [line('one'), line('')]);
    await output.write(OTHER, [line('two', false)]);
    await output.write(LOAD, [line('three')]);
    expect(terminal.written).to.equal(
      'load/x7k2p main | one\nload/x7k2p main | \nreport/another main | two\nload/x7k2p main | three\n',
    );
  });

  it('gives each Job a colour on a terminal', async () => {
    const terminal = new RecordedTerminal({ colour: true });
    const output = new LogOutput(terminal, { prefix: true, timestamps: false });
    await output.write(LOAD, [line('one')]);
    await output.write(OTHER, [line('two')]);
    await output.write(LOAD, [line('three')]);
    expect(terminal.written).to.equal(
      '\u001b[36mload/x7k2p main | \u001b[0mone\n\u001b[32mreport/another main | \u001b[0mtwo\n\u001b[36mload/x7k2p main | \u001b[0mthree\n',
    );
  });

  it('is what was logged, byte by byte, without prefixes', async () => {
    const terminal = new RecordedTerminal();
    const output = new LogOutput(terminal, { prefix: false, timestamps: false });
    const odd = Buffer.from([0, 255, 13, 27]);
    await output.write(LOAD, [{ ...line(''), bytes: odd }, line('no end', false)]);
    expect(terminal.written).to.equal(`${odd.toString('latin1')}\nno end`);
    await output.write(OTHER, [line('next')]);
    expect(terminal.written.endsWith('no end\nnext\n')).to.equal(true);
  });

  it('has the times where they are wanted', async () => {
    const terminal = new RecordedTerminal();
    await new LogOutput(terminal, { prefix: false, timestamps: true }).write(LOAD, [line('one')]);
    expect(terminal.written).to.equal('2026-01-01T00:00:00.1Z one\n');
  });
});

describe('the Jobs whose logs are shown', () => {
  const FLOW = {
    metadata: { namespace: 'test', name: 'etl', uid: 'f-1', resourceVersion: '1' },
    spec: { flows: [{ name: 'load', jobTemplate: {} }] },
  };
  const view = (...jobs: JobBuilder[]) =>
    viewNamespace(
      { namespace: 'test', flows: [FLOW], daemons: [], unread: [], jobs: jobs.map((each) => each.object()) },
      CREATED_MS,
    );
  const pod = (name: string, owner: string, labels = {}): PodObject => ({
    metadata: {
      name,
      labels,
      ownerReferences: [
        { apiVersion: 'batch/v1', kind: 'Job', name: owner, uid: `${owner}-1`, controller: true },
      ],
    },
  });
  const joined = (name: string) => job(name).annotated('flow', 'etl');
  const etl = [{ kind: 'jobflow', name: 'etl' }] as const;

  it('come in the order of their start, and of their dependencies', () => {
    const seen = view(
      joined('a').dependsOn('z').ended('Failed'),
      joined('z').ended('Complete'),
      joined('b').dependsOn('a'),
      job('stranger').ended('Complete'),
    );
    const jobs = jobsToLog(seen, [pod('a-2', 'a'), pod('a-1', 'a'), pod('z-1', 'z')], etl, false);
    expect(
      jobs.map(({ part, pods }) => [part.name, ...pods.map(({ metadata }) => metadata.name)]),
    ).to.deep.equal([['z', 'z-1'], ['a', 'a-1', 'a-2'], ['etl-load'], ['b']]);
    expect(jobsToLog(seen, [], etl, true).map(({ part }) => part.name)).to.deep.equal(['a']);
    expect(haveAllEnded(seen, etl)).to.equal(false);
    expect(haveAllEnded(seen, [{ kind: 'job', name: 'a' }])).to.equal(true);
  });

  it('have their pods by number, where they are numbered', () => {
    const index = 'batch.kubernetes.io/job-completion-index';
    const pods = ['10', '2'].map((number) => pod(`a-${number}-x`, 'a', { [index]: number }));
    const [only] = jobsToLog(view(job('a').started()), pods, [{ kind: 'job', name: 'a' }], false);
    expect(only?.pods.map(({ metadata }) => metadata.name)).to.deep.equal(['a-2-x', 'a-10-x']);
  });

  it('without a pod are told', () => {
    const unrun = joined('unrun')
      .started()
      .condition({ type: 'Failed', status: 'True', reason: 'DependencyFailed' });
    const seen = view(
      joined('gone').ended('Complete'),
      joined('skipped').ended('Skipped'),
      unrun,
      joined('waits').dependsOn('x'),
    );
    expect(absentLogs(jobsToLog(seen, [], etl, false))).to.deep.equal({
      sentences: [
        'The pods are gone, and their logs with them, of gone.',
        'Never ran, and so without logs: skipped, unrun.',
        'Without a pod so far, and so without logs: etl-load, waits.',
      ],
      isLoss: true,
    });
  });
});
