/** A part of a file that can be read by itself. */
export interface TextPart {
  readonly text: string;
  /** How many lines of the file stand before it. */
  readonly linesBefore: number;
}

const SEPARATOR = '\n---';

/**
 * Cuts a file of YAML before each line that begins with `---`: it begins a document wherever it stands, also within
 * what is quoted (https://yaml.org/spec/1.2.2/#912-document-markers). Parts of a large file take less time and memory
 * than the whole, since what they are made of need not be kept.
 *
 * A file with directives, which stand before their document, stays whole.
 */
export function splitDocuments(text: string): TextPart[] {
  if (text.startsWith('%') || text.includes('\n%')) return [{ text, linesBefore: 0 }];
  const parts: TextPart[] = [];
  let start = 0;
  let linesBefore = 0;
  const cut = (end: number) => {
    const part = text.slice(start, end);
    parts.push({ text: part, linesBefore });
    linesBefore += countLines(part);
    start = end;
  };
  for (let at = text.indexOf(SEPARATOR); at !== -1; at = text.indexOf(SEPARATOR, at + 1)) {
    if (/^[ \t\r\n]?$/.test(text.charAt(at + SEPARATOR.length))) cut(at + 1);
  }
  cut(text.length);
  return parts;
}

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}
