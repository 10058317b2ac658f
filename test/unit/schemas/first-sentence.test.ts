import { expect } from 'chai';
import { firstSentence } from '../../../scripts/generate-schemas/first-sentence.ts';

describe('the first sentence of a description', () => {
  const cases: readonly { name: string; text: string; sentence: string }[] = [
    { name: 'ends at its period', text: 'A list of ports. More info: x', sentence: 'A list of ports.' },
    {
      name: 'is the whole text where no other follows',
      text: 'the Name of the disk',
      sentence: 'the Name of the disk',
    },
    {
      name: 'does not end at an abbreviation',
      text: 'Rules (e.g. Use this one, i.e. That) apply. More.',
      sentence: 'Rules (e.g. Use this one, i.e. That) apply.',
    },
    {
      name: 'does not end before a small letter',
      text: 'Set 1.2. then 3. Next',
      sentence: 'Set 1.2. then 3.',
    },
    {
      name: 'is more than one word',
      text: 'Required. The key to project. More.',
      sentence: 'Required. The key to project.',
    },
    {
      name: 'is on one line',
      text: 'Split\nover lines.\n\nPossible enum values:\n - `"A"`',
      sentence: 'Split over lines.',
    },
  ];
  for (const { name, text, sentence } of cases) {
    it(name, () => {
      expect(firstSentence(text)).to.equal(sentence);
    });
  }
});
