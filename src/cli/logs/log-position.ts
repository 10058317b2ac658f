import type { LogLine } from './log-lines.ts';
import type { LogRange } from './log-request.ts';

/** A line of a log without its time. */
export interface TimedLine extends LogLine {
  /** As the kubelet wrote it, RFC 3339 in nanoseconds; undefined for what the kubelet says itself. */
  readonly time: string | undefined;
}

/** Times longer than this are none: `2026-11-22T00:20:30.221000001+00:00`. */
const LONGEST_TIME = 35;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const SPACE = 0x20;

/**
 * How far a log has been read whose lines begin with their times, so that it can be taken up again where it broke off.
 * A log can only be asked for from a whole second on (the API server cuts `sinceTime` to seconds), so it is asked for
 * from a second before its newest line, and what has been seen of that is passed over. The second before is for lines
 * of the two outputs of a container, which need not come in the order of their times.
 */
export class LogPosition {
  /** How many lines with each time have been seen, of those that would come again. */
  readonly #seen = new Map<string, number>();
  /** What is still to be passed over. */
  #again = new Map<string, number>();
  #sinceMs: number | undefined;
  /** Since the log was taken up, no line with a time has come: the end of one that began earlier may stand first. */
  #isAtSeam = false;

  /** Whether any line has been seen. */
  get hasBegun(): boolean {
    return this.#sinceMs !== undefined;
  }

  /** What to ask for, now or once more; what it gives is then given to {@link take}. */
  begin(range: LogRange): LogRange {
    this.#again = new Map(this.#seen);
    this.#isAtSeam = this.hasBegun;
    return this.hasBegun ? { ...range, sinceMs: this.#sinceMs, tailLines: undefined } : range;
  }

  /** Takes the next line. @returns undefined for one that has been seen */
  take(line: LogLine): TimedLine | undefined {
    const { bytes, isWhole } = line;
    const time = timeIn(line);
    if (time === undefined) return this.#isAtSeam ? undefined : { bytes, isWhole, time };
    this.#isAtSeam = false;
    const again = this.#again.get(time) ?? 0;
    if (again > 0) {
      this.#again.set(time, again - 1);
      return undefined;
    }
    this.#note(time);
    return { bytes: bytes.subarray(time.length + 1), isWhole, time };
  }

  #note(time: string): void {
    const ms = Date.parse(time);
    if (ms < (this.#sinceMs ?? -Infinity)) return;
    this.#seen.set(time, (this.#seen.get(time) ?? 0) + 1);
    const sinceMs = Math.floor(ms / 1_000) * 1_000 - 1_000;
    if (sinceMs <= (this.#sinceMs ?? -Infinity)) return;
    this.#sinceMs = sinceMs;
    for (const seen of this.#seen.keys()) if (Date.parse(seen) < sinceMs) this.#seen.delete(seen);
  }
}

/** The time at the beginning of a line, as the kubelet wrote it; undefined if there is none. */
function timeIn({ bytes }: LogLine): string | undefined {
  const end = bytes.subarray(0, LONGEST_TIME + 1).indexOf(SPACE);
  const time = bytes.toString('latin1', 0, end === -1 ? Math.min(bytes.length, LONGEST_TIME + 1) : end);
  return TIME.test(time) ? time : undefined;
}
