const NEWLINE = 0x0a;

/** Far above the largest object that etcd takes (1.5 MiB unless configured), so that only garbage hits it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

/**
 * Cuts a stream of bytes into lines. The pieces of a long line are kept apart and joined once, so that a line of n
 * bytes costs O(n) in however many chunks it arrives. Lines are views of the chunks: use them before the next push.
 */
export class LineSplitter {
  readonly #pieces: Buffer[] = [];
  readonly #maxLineBytes: number;
  #bytes = 0;

  /** @param maxLineBytes the longest line that is accepted */
  constructor(maxLineBytes = MAX_LINE_BYTES) {
    this.#maxLineBytes = maxLineBytes;
  }

  /**
   * Takes the next chunk.
   *
   * @returns the lines it completes, without their line feeds; empty lines are left out
   * @throws RangeError if a line is longer than the limit
   */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = this.#complete(chunk.subarray(start, end));
      if (line.length > 0) lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return lines;
  }

  /**
   * Ends the stream.
   *
   * @returns what came after the last line feed, if anything did
   */
  rest(): Buffer | undefined {
    return this.#bytes === 0 ? undefined : this.#complete(Buffer.alloc(0));
  }

  #complete(last: Buffer): Buffer {
    if (this.#pieces.length === 0) return last;
    this.#keep(last);
    const line = Buffer.concat(this.#pieces, this.#bytes);
    this.#pieces.length = 0;
    this.#bytes = 0;
    return line;
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxLineBytes) {
      throw new RangeError(`a line is longer than ${this.#maxLineBytes} bytes`);
    }
  }
}
