import { expect } from 'chai';
import fc from 'fast-check';
import { entryEdges, entryJobs, withSharedVolumes } from '../../../src/core/flow/flow-entries.ts';
import { joinedName } from '../../../src/core/flow/joined-name.ts';
import { isJobName } from '../../../src/api/kubernetes-names.ts';
import { entry } from './flow-world.ts';

const names = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,70}[a-z0-9])?$/);

describe('the name of the Job of an entry', () => {
  it('joins the names of flow and entry', () => {
    expect(joinedName('etl', 'load')).to.equal('etl-load');
  });

  it('is a name that a Job may have, however long its parts are', () => {
    fc.assert(
      fc.property(names, names, (owner, part) => {
        expect(isJobName(joinedName(owner, part)), joinedName(owner, part)).to.equal(true);
      }),
    );
  });

  it('stays the same for the same parts, and is another for others', () => {
    fc.assert(
      fc.property(names, names, names, (owner, one, other) => {
        expect(joinedName(owner, one) === joinedName(owner, other)).to.equal(one === other);
      }),
    );
  });

  it('keeps a cut from ending in a sign that may not end a word', () => {
    const owner = `${'a'.repeat(53)}.-`;
    expect(joinedName(owner, 'b'.repeat(20))).to.match(/^a{53}-[0-9a-f]{8}$/);
  });
});

describe('the edges of an entry', () => {
  const flow = {
    name: 'f',
    spec: {
      flows: [
        entry('a'),
        { name: 'nodes', daemonJob: {} },
        entry('b', ['a=Failed', 'nodes', 'jobflow/other']),
      ],
    },
  };

  it('lead to the Jobs and DaemonJobs of entries, and to what else is named', () => {
    expect(entryEdges(flow, flow.spec.flows[2] ?? entry('b'))).to.deep.equal([
      { name: 'f-a', wants: 'Failed' },
      { name: 'daemonjob/f-nodes', wants: 'Complete' },
      { name: 'jobflow/other', wants: 'Complete' },
    ]);
  });

  it('belong to Jobs in the order of the entries', () => {
    expect(entryJobs(flow).map(({ jobName }) => jobName)).to.deep.equal(['f-a', 'daemonjob/f-nodes', 'f-b']);
  });
});

describe('what the Job of an entry is made from', () => {
  const sourceOf = (spec: Parameters<typeof entryJobs>[0]['spec']): string | undefined =>
    entryJobs({ name: 'f', spec })[0]?.source;
  const before = sourceOf({ flows: [entry('a')] });

  it('does not depend on the order of keys, nor on fields that are null', () => {
    const { name, dependencies, jobTemplate = null } = entry('a');
    expect(
      sourceOf({ flows: [{ jobTemplate, hold: null, dependencies: dependencies ?? null, name }] }),
    ).to.equal(before);
  });

  it('changes with the entry and with what all share, not with other entries or limits', () => {
    expect(sourceOf({ flows: [entry('a', [], { hold: true })] })).to.not.equal(before);
    expect(sourceOf({ flows: [entry('a')], globalParams: { nodeName: 'n' } })).to.not.equal(before);
    expect(sourceOf({ flows: [entry('a'), entry('b')], maxConcurrentJobs: 2 })).to.equal(before);
  });
});

describe('shared volumes', () => {
  const shared = {
    shareVolumes: [
      { name: 'work', emptyDir: {} },
      { name: 'other', emptyDir: {} },
    ],
  };
  const mount = { name: 'work', mountPath: '/work' };
  const spec = { template: { spec: { containers: [{ name: 'main' }], initContainers: [{ name: 'init' }] } } };

  it('come with their mounts, in every container, and only those that are mounted', () => {
    expect(withSharedVolumes(spec, shared, entry('a', [], { shareVolumeMounts: [mount] }))).to.deep.equal({
      template: {
        spec: {
          volumes: [{ name: 'work', emptyDir: {} }],
          containers: [{ name: 'main', volumeMounts: [mount] }],
          initContainers: [{ name: 'init', volumeMounts: [mount] }],
        },
      },
    });
  });

  it('give way to what the Job states itself', () => {
    const own = {
      template: {
        spec: {
          volumes: [{ name: 'work', hostPath: { path: '/own' } }],
          containers: [{ name: 'main', volumeMounts: [{ name: 'mine', mountPath: '/work' }] }],
        },
      },
    };
    expect(withSharedVolumes(own, shared, entry('a', [], { shareVolumeMounts: [mount] }))).to.deep.equal(own);
  });

  it('change nothing where no entry asks for them', () => {
    expect(withSharedVolumes(spec, shared, entry('a'))).to.equal(spec);
  });
});
