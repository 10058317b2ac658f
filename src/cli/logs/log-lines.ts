/** One line of a log, as bytes. */
export interface LogLine {
  /** Without its line feed; a carriage return is part of it. */
  readonly bytes: Buffer;
  /** Whether a line feed ends it; the last line of a log may have none. */
  readonly isWhole: boolean;
}

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** Longer lines are cut there, so that a log without line feeds does not fill the memory. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/** Cuts the pieces in which a log comes into lines. Nothing is left out, and no byte is changed. */
export class LogLines {
  readonly #pieces: Buffer[] = [];
  readonly #maxLineBytes: number;
  #bytes = 0;

  /** @param maxLineBytes where lines are cut that are longer */
  constructor(maxLineBytes = MAX_LINE_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** Takes the next piece. @returns the lines that it completes */
  push(piece: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, start)) {
      lines.push(this.#complete(piece.subarray(start, end)));
      start = end + 1;
    }
    if (start < piece.length) this.#keep(piece.subarray(start));
    if (this.#bytes >= this.#maxLineBytes) lines.push(this.#complete(EMPTY));
    return lines;
  }

  /** Ends the log. @returns what came after the last line feed */
  rest(): LogLine | undefined {
    return this.#bytes === 0 ? undefined : { ...this.#complete(EMPTY), isWhole: false };
  }

  #complete(last: Buffer): LogLine {
    if (this.#pieces.length === 0) return { bytes: last, isWhole: true };
    this.#keep(last);
    const bytes = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces.length = 0;
    this.#bytes = 0;
    return { bytes, isWhole: true };
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
  }
}
