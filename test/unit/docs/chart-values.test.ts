import { expect } from 'chai';
import { chartValues } from '../../../scripts/docs/chart-values.ts';

describe('the values of the chart', () => {
  it('each have a comment that says what they are for', async () => {
    const values = await chartValues();
    expect(values.filter(({ meaning }) => meaning === '').map(({ name }) => name)).to.deep.equal([]);
    expect(values.map(({ name }) => name)).to.include.members([
      'fullnameOverride',
      'image.repository',
      'certificates.mode',
      'certificates.certManager.issuerRef',
      'webhook.resources',
      'webhook.podDisruptionBudget.enabled',
      'test.namespace',
    ]);
  });
});
