import { expect } from 'chai';
import { readCleanupConfig } from '../../../src/runtime/cleanup-config.ts';

describe('the configuration of the clean-up', () => {
  it('keeps what belongs to users unless it is told otherwise', () => {
    expect(readCleanupConfig([], {}))
      .to.have.property('settings')
      .that.deep.equals({
        kubeconfig: undefined,
        namespaces: [],
        logLevel: 'info',
        policy: { jobs: 'keep', flows: 'keep' },
        timeoutMs: 240_000,
      });
  });

  it('reads the namespaces, each once', () => {
    const parsed = readCleanupConfig(['--namespaces', 'shop, reports,shop', '--jobs', 'delete'], {});
    expect(parsed).to.nested.include({ 'settings.policy.jobs': 'delete' });
    expect(parsed).to.have.nested.property('settings.namespaces').that.deep.equals(['shop', 'reports']);
  });

  it('refuses what is no name of a namespace, and any other word than keep and delete', () => {
    const parsed = readCleanupConfig(['--namespaces', 'shop,Reports', '--flows', 'remove'], {});
    expect(parsed).to.deep.equal({
      kind: 'refused',
      problems: [
        '--namespaces: "shop,Reports" is not allowed; give names of namespaces, with commas between them.',
        '--flows: "remove" is not allowed; give one of keep, delete.',
      ],
    });
  });
});
