import { expect } from 'chai';
import type { JsonObject } from '../../../src/api/job.ts';
import {
  FLOW_LABEL,
  KEEP_OUTCOME_FINALIZER,
  OWN_ANNOTATIONS,
  USER_ANNOTATIONS,
} from '../../../src/api/names.ts';
import { readPath } from '../../support/cluster.ts';
import { STARTING_LIMIT_MS } from '../../support/cluster/fixture.ts';
import { job } from './jobs.ts';
import { openPolicyLab } from './policy-lab.ts';
import type { PolicyLab } from './policy-lab.ts';
import { VERBS } from './write-verbs.ts';

const GATED = '{"gate":true,"manager":"kubectl-client-side-apply"}';
const RELEASED_AT = '2026-01-02T03:04:05.000Z';

/** Jobs as the webhook and the controller leave them; all stay suspended, so that nothing else writes to them. */
const STORED = {
  waiting: { own: {}, labels: { [FLOW_LABEL]: 'nightly' } },
  unlabelled: { own: {}, labels: {} },
  kept: {
    own: {
      annotations: { [OWN_ANNOTATIONS.releasedAt]: RELEASED_AT, [OWN_ANNOTATIONS.outcomes]: '{"a":1}' },
      finalizers: [KEEP_OUTCOME_FINALIZER],
    },
    labels: { [FLOW_LABEL]: 'nightly' },
  },
} satisfies Record<string, { own: JsonObject; labels: Record<string, string> }>;

type Forgery = {
  what: string;
  of: keyof typeof STORED;
  edit: JsonObject;
  removes?: boolean;
  /** Every refusal says these. */
  says: readonly string[];
};

const annotated = (key: string, value: string | null): JsonObject => ({
  metadata: { annotations: { [key]: value } },
});
const labelled = (value: string | null): JsonObject => ({ metadata: { labels: { [FLOW_LABEL]: value } } });

const FORGERIES: readonly Forgery[] = [
  {
    what: 'sets released-at',
    of: 'waiting',
    edit: annotated(OWN_ANNOTATIONS.releasedAt, RELEASED_AT),
    says: [OWN_ANNOTATIONS.releasedAt, `remove the value "${RELEASED_AT}"`],
  },
  {
    what: 'changes released-at',
    of: 'kept',
    edit: annotated(OWN_ANNOTATIONS.releasedAt, 'never'),
    says: [OWN_ANNOTATIONS.releasedAt, `leave it at "${RELEASED_AT}"`],
  },
  {
    what: 'removes released-at',
    of: 'kept',
    edit: annotated(OWN_ANNOTATIONS.releasedAt, null),
    removes: true,
    says: [OWN_ANNOTATIONS.releasedAt, `leave it at "${RELEASED_AT}"`],
  },
  {
    what: 'sets outcomes',
    of: 'waiting',
    edit: annotated(OWN_ANNOTATIONS.outcomes, '{"a":2}'),
    says: [OWN_ANNOTATIONS.outcomes, 'remove the value "{"a":2}"'],
  },
  {
    what: 'changes outcomes',
    of: 'kept',
    edit: annotated(OWN_ANNOTATIONS.outcomes, '{"a":2}'),
    says: [OWN_ANNOTATIONS.outcomes, 'leave it at "{"a":1}"'],
  },
  {
    what: 'removes outcomes',
    of: 'kept',
    edit: annotated(OWN_ANNOTATIONS.outcomes, null),
    removes: true,
    says: [OWN_ANNOTATIONS.outcomes, 'leave it at "{"a":1}"'],
  },
  {
    what: 'changes gated',
    of: 'waiting',
    edit: annotated(OWN_ANNOTATIONS.gated, '{"gate":false}'),
    says: [OWN_ANNOTATIONS.gated, 'leave it at "{"gate":true'],
  },
  {
    what: 'removes gated',
    of: 'waiting',
    edit: annotated(OWN_ANNOTATIONS.gated, null),
    removes: true,
    says: [OWN_ANNOTATIONS.gated, 'leave it at "{"gate":true'],
  },
  {
    what: 'sets the finalizer',
    of: 'waiting',
    edit: { metadata: { finalizers: [KEEP_OUTCOME_FINALIZER] } },
    says: ['metadata.finalizers', `"${KEEP_OUTCOME_FINALIZER}"`, 'leave it out'],
  },
  {
    what: 'removes the finalizer',
    of: 'kept',
    edit: { metadata: { finalizers: null } },
    removes: true,
    says: ['metadata.finalizers', `"${KEEP_OUTCOME_FINALIZER}"`, 'leave it there'],
  },
  {
    what: 'sets the flow label',
    of: 'unlabelled',
    edit: labelled('other'),
    says: [`metadata.labels["${FLOW_LABEL}"]`, 'remove the value "other"'],
  },
  {
    what: 'changes the flow label',
    of: 'waiting',
    edit: labelled('other'),
    says: [`metadata.labels["${FLOW_LABEL}"]`, 'leave it at "nightly"'],
  },
  {
    what: 'removes the flow label',
    of: 'waiting',
    edit: labelled(null),
    removes: true,
    says: [`metadata.labels["${FLOW_LABEL}"]`, 'leave it at "nightly"'],
  },
];

const LIMIT_MS = 60_000;
const START: JsonObject = { spec: { suspend: false } };

describe('the admission policy on an edit of a gated Job', function () {
  this.timeout(LIMIT_MS);
  let lab: PolicyLab;
  let jobs: Map<string, JsonObject>;

  before(async function () {
    this.timeout(STARTING_LIMIT_MS);
    lab = await openPolicyLab();
    for (const [name, { own, labels }] of Object.entries(STORED)) {
      const annotations = { [USER_ANNOTATIONS.dependsOn]: 'a', [OWN_ANNOTATIONS.gated]: GATED };
      await lab.create(job(name, { annotations, labels, spec: { suspend: true } }));
      await lab.asController(name, { metadata: own });
    }
    await Promise.all(Object.keys(STORED).map((name) => lab.untilSuspended(name)));
    jobs = new Map(
      await Promise.all(
        Object.keys(STORED).map(async (name) => [name, await lab.read(name)] satisfies [string, JsonObject]),
      ),
    );
  });

  after(async () => {
    await lab.close();
  });

  const stored = (name: string): JsonObject => jobs.get(name) ?? {};

  for (const { what, of, edit, removes = false, says } of FORGERIES) {
    for (const verb of VERBS.filter((one) => one.canRemove || !removes)) {
      it(`refuses a user who ${what} by ${verb.name}`, async () => {
        const answer = await lab.user.send(verb.request(lab.path(of), stored(of), edit));
        lab.expectRefused(answer, 403, [...says, lab.user.username]);
      });
      if (verb.isUpdate) continue;
      it(`lets the controller do so by ${verb.name}`, async () => {
        const answer = await lab.controller.send(verb.request(lab.path(of), stored(of), edit, 'dryRun=All'));
        expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      });
    }
  }

  for (const verb of VERBS.filter(({ onStatus }) => !onStatus)) {
    it(`refuses a user who starts a waiting Job by ${verb.name}`, async () => {
      const answer = await lab.user.send(verb.request(lab.path('waiting'), stored('waiting'), START));
      lab.expectRefused(answer, 403, [
        'spec.suspend: false: Job "waiting" waits',
        'remove or edit the annotation api.practice.com/depends-on.',
        lab.user.username,
      ]);
    });
    it(`lets a user start a released Job by ${verb.name}`, async () => {
      const answer = await lab.user.send(verb.request(lab.path('kept'), stored('kept'), START, 'dryRun=All'));
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    });
    if (verb.isUpdate) continue;
    it(`lets the controller start a waiting Job by ${verb.name}`, async () => {
      const answer = await lab.controller.send(
        verb.request(lab.path('waiting'), stored('waiting'), START, 'dryRun=All'),
      );
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    });
  }

  for (const verb of VERBS.filter(({ onStatus }) => onStatus)) {
    it(`sees no start in ${verb.name}, where the spec does not count`, async () => {
      const answer = await lab.user.send(verb.request(lab.path('waiting'), stored('waiting'), START));
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
      expect(readPath(answer.body, 'spec', 'suspend')).to.equal(true);
    });
  }

  for (const verb of VERBS) {
    it(`has no word against a user's own edit by ${verb.name}`, async () => {
      const edit = {
        metadata: { annotations: { [USER_ANNOTATIONS.approved]: 'yes' }, labels: { team: 'data' } },
      };
      const answer = await lab.user.send(
        verb.request(lab.path('waiting'), stored('waiting'), edit, 'dryRun=All'),
      );
      expect(answer.status, JSON.stringify(answer.body)).to.equal(200);
    });
  }

  it('refuses a server-side apply that no longer states what it owns', async () => {
    const annotations = { [USER_ANNOTATIONS.dependsOn]: 'a', [OWN_ANNOTATIONS.gated]: GATED };
    const path = `${lab.path('applied')}?fieldManager=gitops`;
    const apply = (body: JsonObject) =>
      lab.user.send({ method: 'PATCH', path, contentType: 'application/apply-patch+yaml', body });
    expect((await apply(job('applied', { annotations, spec: { suspend: true } }))).status).to.equal(201);
    const withoutRecord = { [USER_ANNOTATIONS.dependsOn]: 'a' };
    lab.expectRefused(
      await apply(job('applied', { annotations: withoutRecord, spec: { suspend: true } })),
      403,
      [OWN_ANNOTATIONS.gated],
    );
    lab.expectRefused(await apply(job('applied', { annotations })), 403, ['spec.suspend: false']);
  });

  it('has left every Job as it was', async () => {
    for (const name of Object.keys(STORED)) {
      const now = await lab.read(name);
      for (const field of ['annotations', 'labels', 'finalizers'])
        expect(readPath(now, 'metadata', field), `${name} ${field}`).to.deep.equal(
          readPath(stored(name), 'metadata', field),
        );
      expect(readPath(now, 'spec', 'suspend'), name).to.equal(true);
    }
  });
});
