import { expect } from 'chai';
import fc from 'fast-check';
import { frameLines } from '../../../src/cli/follow/run-frame.ts';
import type { RunPart } from '../../../src/cli/follow/run-progress.ts';
import { widthOf } from '../../../src/cli/terminal/live-lines.ts';
import { ended, part, progressOf, running } from './follow-builder.ts';
import { RecordedTerminal } from './terminal/recorded-terminal.ts';

const PLAIN = new RecordedTerminal();

function frame(
  parts: readonly RunPart[],
  size: { columns: number; rows: number },
  more: { flows?: readonly RunPart[]; contact?: string } = {},
): string[] {
  const progress = [progressOf(parts, more.flows)];
  return frameLines({ progress, nowMs: 65_000, tookMs: 65_000, contact: more.contact }, size, PLAIN);
}

describe('a frame of jobflow run', () => {
  it('is a tree of what waits for what, each under the upstream that comes last', () => {
    const parts = [
      part('report', { upstreams: ['load', 'extract'], waitsFor: ['load'] }),
      running('load', 5_000, {
        upstreams: ['extract'],
        completions: 4,
        pods: { active: 1, succeeded: 2, failed: 1 },
      }),
      ended('extract', 'Complete'),
      ended('mend', 'Skipped', { upstreams: ['extract'], startedMs: undefined }),
      ended('broken', 'Failed', { problem: 'Job has reached the limit' }),
    ];
    expect(frame(parts, { columns: 80, rows: 24 })).to.deep.equal([
      'extract       ━━━━━━━━    3s  complete',
      '├─ load       ━━━━╍╍··   60s  running 2/4, 1 pod failed',
      '│  └─ report  ········        waits for load',
      '└─ mend                       skipped',
      'broken        ········    3s  failed: Job has reached the limit',
      '━━━━━╍╍·  5 Jobs, 65s: 1 complete, 1 failed, 1 skipped, 1 running, 1 waiting',
    ]);
  });

  it('has a JobFlow above what it makes, and what waits for it below', () => {
    const flows = [
      running('jobflow/f', 5_000, { completions: 2, pods: { active: 1, succeeded: 0, failed: 0 } }),
    ];
    const parts = [
      part('after', { upstreams: ['jobflow/f'] }),
      running('f-x', 5_000, { flow: 'f' }),
      part('f-y', { flow: 'f', upstreams: ['f-x'] }),
    ];
    expect(frame(parts, { columns: 80, rows: 24 }, { flows })).to.deep.equal([
      'jobflow/f  ╍╍╍╍····   60s  running 0/2',
      '├─ f-x     ╍╍╍╍╍╍╍╍   60s  running',
      '│  └─ f-y  ········        waits for f-x',
      '└─ after   ········        waits for jobflow/f',
      '╍╍╍·····  3 Jobs, 65s: 1 running, 2 waiting',
    ]);
  });

  it('lets what has ended give way where there is no room', () => {
    const done = Array.from({ length: 500 }, (_, index) => ended(`done-${index}`, 'Complete'));
    const waiting = Array.from({ length: 500 }, (_, index) =>
      part(`next-${index}`, { upstreams: [index === 0 ? 'load' : `next-${index - 1}`] }),
    );
    const parts = [
      ...done,
      ended('bad', 'Failed', { problem: 'why' }),
      running('load', 0, { upstreams: ['done-7'] }),
      ...waiting,
    ];
    expect(frame(parts, { columns: 60, rows: 8 })).to.deep.equal([
      'bad              ········    3s  failed: why',
      'load             ╍╍╍╍╍╍╍╍   65s  running',
      '└─ next-0        ········        waits for load',
      '   └─ next-1     ········        waits for next-0',
      '      └─ next-2  ········        waits for next-1',
      '… and 997 more: 500 complete, 497 waiting',
      '━━━━╍···  1002 Jobs, 65s: 500 complete, 1 failed, 1 running…',
    ]);
  });

  it('says that the cluster does not answer', () => {
    const lines = frame(
      [running('a', 0)],
      { columns: 80, rows: 24 },
      { contact: 'The cluster does not answer.' },
    );
    expect(lines[0]).to.equal('The cluster does not answer.');
  });

  it('is quick for a chain of 10,000 Jobs, and for a cycle', () => {
    const chain = Array.from({ length: 10_000 }, (_, index) =>
      part(`j${index}`, { upstreams: index === 0 ? [] : [`j${index - 1}`] }),
    );
    expect(frame(chain, { columns: 80, rows: 24 })).to.have.length(23);
    const cycle = [part('a', { upstreams: ['b'] }), part('b', { upstreams: ['a'] })];
    expect(frame(cycle, { columns: 80, rows: 24 })).to.have.length(3);
  });

  it('fits every terminal, whatever there is to show', () => {
    const states = fc.constantFrom<RunPart['state']>(
      'Waiting',
      'Held',
      'Running',
      'Complete',
      'Failed',
      'Skipped',
      'Deleted',
    );
    const parts = fc
      .array(
        fc.record({ state: states, upstreams: fc.array(fc.nat(30), { maxLength: 3 }), wide: fc.boolean() }),
        { maxLength: 30 },
      )
      .map((all) =>
        all.map(({ state, upstreams, wide }, index) =>
          part(`${wide ? 'x'.repeat(60) : ''}j${index}`, {
            state,
            upstreams: upstreams.map((one) => `j${one}`),
          }),
        ),
      );
    fc.assert(
      fc.property(
        parts,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 3, max: 60 }),
        (all, columns, rows) => {
          const lines = frame(all, { columns, rows });
          expect(lines.length).to.be.at.most(Math.max(2, rows - 1));
          for (const line of lines) expect(widthOf(line)).to.be.at.most(columns);
        },
      ),
    );
  });
});
