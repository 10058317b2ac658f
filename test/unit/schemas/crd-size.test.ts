import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { CRD_SIZE_LIMIT, RESOURCES } from '../../../scripts/generate-schemas/custom-resource-definition.ts';

const CRDS = fileURLToPath(new URL('../../../manifests/crds', import.meta.url));

describe('the CRDs', () => {
  for (const { kind, plural } of RESOURCES) {
    it(`leave room for what kubectl apply keeps of ${kind} in an annotation`, () => {
      const crd: unknown = parse(readFileSync(`${CRDS}/${plural}.yaml`, 'utf8'));
      expect(Buffer.byteLength(JSON.stringify(crd))).to.be.at.most(CRD_SIZE_LIMIT);
    });
  }

  it('are all in the kustomization', () => {
    const { resources } = parse(readFileSync(`${CRDS}/kustomization.yaml`, 'utf8')) as {
      resources: string[];
    };
    expect(resources).to.have.members(RESOURCES.map(({ plural }) => `${plural}.yaml`));
  });
});
