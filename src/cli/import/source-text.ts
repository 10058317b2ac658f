/** Where something is in a file: line and column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A text of YAML: a whole file, or what a file holds under a key. */
export interface SourceText {
  /** The name of the file, for the sentences. */
  readonly file: string;
  /** How the text is named in a sentence: `data["jobs.yaml"]`; empty for a whole file. */
  readonly field: string;
  readonly text: string;
  /** The same, line by line. */
  readonly lines: readonly string[];
  /** Where a place in the text is in the file. */
  readonly positionOf: (within: Position) => Position;
}

/** The text of a whole file. */
export function wholeFile(file: string, text: string): SourceText {
  return { file, field: '', text, lines: text.split(/\r?\n/), positionOf: (within) => within };
}

/**
 * The text that is the value of a key in a file.
 *
 * @param outer the file
 * @param field how the value is named in a sentence
 * @param value the text, where it begins in the file, and whether it is a literal block (`|`): only of those each
 *   line is a line of the file; in any other text every position is where the text begins
 */
export function textInside(
  outer: SourceText,
  field: string,
  value: { readonly text: string; readonly position: Position; readonly isLiteralBlock: boolean },
): SourceText {
  const { text, position, isLiteralBlock } = value;
  const lines = text.split('\n');
  const inside = { file: outer.file, field, text, lines };
  if (!isLiteralBlock) return { ...inside, positionOf: () => position };
  const positionOf = (within: Position): Position => {
    // The block begins on the line after its "|".
    const line = position.line + within.line;
    const indent = (outer.lines[line - 1]?.length ?? 0) - (lines[within.line - 1]?.length ?? 0);
    return { line, column: within.column + Math.max(0, indent) };
  };
  return { ...inside, positionOf };
}
