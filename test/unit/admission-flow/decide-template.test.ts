import { expect } from 'chai';
import type { Json, JsonObject } from '../../../src/api/job.ts';
import { API_GROUP } from '../../../src/api/names.ts';
import { decideTemplate, decideTemplateDeletion } from '../../../src/core/admission/flow/decide-template.ts';
import { GOOD_SPEC, specWith, told, viewOf } from './flow-builder.ts';

function template(jobTemplate: Json, status: JsonObject = {}): JsonObject {
  return {
    apiVersion: `${API_GROUP}/v1alpha1`,
    kind: 'JobTemplate',
    metadata: { name: 'backup', namespace: 'ns' },
    spec: { jobTemplate },
    status,
  };
}

const USED = { dependencyList: ['JobFlow/etl', 'Job/nightly'] };

describe('a JobTemplate', () => {
  it('is admitted as it is, also without what a Job may state itself', () => {
    for (const spec of [GOOD_SPEC, specWith([{ name: 'main' }]), { ...GOOD_SPEC, backoffLimit: -3 }]) {
      const decided = decideTemplate({ object: template(spec), old: undefined, view: viewOf() });
      expect(decided).to.deep.equal({ kind: 'admit', warnings: [], registers: undefined });
    }
  });

  for (const [what, spec, says] of [
    ['no JobSpec', 'busybox', 'FieldInvalid: spec.jobTemplate: is '],
    ['no pod template', {}, 'FieldInvalid: spec.jobTemplate.template: is missing'],
    ['no containers', specWith([]), 'FieldMissing: spec.jobTemplate.template.spec.containers'],
    [
      'two containers of one name',
      specWith([{ name: 'a' }, { name: 'a' }]),
      'NameTaken: spec.jobTemplate.template.spec.containers[1].name: "a" is already the name of',
    ],
  ] as const) {
    it(`is refused for ${what}`, () => {
      const decided = decideTemplate({ object: template(spec), old: undefined, view: viewOf() });
      expect(told(decided)).to.include(says);
    });
  }

  it('that is changed while it is used says what that affects', () => {
    const next = template({ ...GOOD_SPEC, backoffLimit: 1 });
    const changed = (status: JsonObject, users: readonly string[]) =>
      told(
        decideTemplate({
          object: next,
          old: template(GOOD_SPEC, status),
          view: viewOf(undefined, users),
        }),
      );
    expect(changed(USED, ['JobFlow/etl', 'JobFlow/new'])).to.equal(
      'admitted\nJobTemplate "backup" is used by JobFlow/etl, Job/nightly, JobFlow/new: the change affects only Jobs that are not created yet.',
    );
    expect(changed({}, [])).to.equal('admitted');
    const same = decideTemplate({ object: next, old: next, view: viewOf(undefined, ['JobFlow/etl']) });
    expect(told(same)).to.equal('admitted');
  });

  it('that is deleted while it is used says so, and is deleted', () => {
    const users = ['JobFlow/a', 'JobFlow/b'];
    expect(told(decideTemplateDeletion(template(GOOD_SPEC, USED), viewOf(undefined, users)))).to.equal(
      'admitted\nJobTemplate "backup" is used by JobFlow/etl, Job/nightly, JobFlow/a and 1 more: Jobs that are not created yet wait until it is back, those that exist go on.',
    );
    expect(told(decideTemplateDeletion(template(GOOD_SPEC), viewOf()))).to.equal('admitted');
  });

  it('has warnings that the API server does not cut, however long the names', () => {
    const long = 'x'.repeat(253);
    const old = { ...template(GOOD_SPEC), metadata: { name: long } };
    const users = Array.from({ length: 9 }, () => `JobFlow/${long}`);
    const verdict = decideTemplateDeletion(
      old,
      viewOf(
        undefined,
        users.map((name, index) => `${index}${name}`),
      ),
    );
    const warnings = verdict.kind === 'admit' ? verdict.warnings : [];
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.have.length.at.most(256);
  });
});
