/** A period after one of these ends no sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|etc|vs|cf|resp)\.$/i;

/**
 * The first sentence of a description in Kubernetes' OpenAPI, on one line: CRDs have no room for more.
 *
 * @param text the whole description
 */
export function firstSentence(text: string): string {
  const paragraph = text.split(/\n\s*\n/, 1)[0] ?? '';
  const line = paragraph.replaceAll(/\s+/g, ' ').trim();
  for (const { index } of line.matchAll(/[.!?](?=\s+\S)/g)) {
    const sentence = line.slice(0, index + 1);
    // "Required." and "Deprecated." alone say nothing about the field.
    if (!sentence.includes(' ') || ABBREVIATION.test(sentence)) continue;
    if (/^[^a-z]/.test(line.slice(index + 1).trimStart())) return sentence;
  }
  return line;
}
