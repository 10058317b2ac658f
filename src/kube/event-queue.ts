/** The object that an Event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Something to tell about an object. */
export interface Announcement {
  readonly object: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** In UpperCamelCase, as `kubectl describe` shows it. */
  readonly reason: string;
  /** One sentence; what is over 1,024 bytes is cut. */
  readonly message: string;
}

/** One request to make. */
export interface EventWrite {
  /** A new Event, or a repeat counted on the Event that exists. */
  readonly kind: 'create' | 'repeat';
  readonly key: string;
  /** The name of the Event object. */
  readonly name: string;
  readonly announcement: Announcement;
  /** Milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** How often it has been announced in all. */
  readonly count: number;
  /** How often since the last write: what is lost if this write is. */
  readonly added: number;
  /** How often this write has failed. */
  readonly failures: number;
}

/** A moment on both clocks. */
export interface Moment {
  /** Milliseconds since the epoch: what people read. */
  readonly timeMs: number;
  /** A monotonic clock, in milliseconds: what waiting goes by. */
  readonly monotonicMs: number;
}

/** The limits of an EventQueue. */
export interface EventQueueLimits {
  /** For how long repeats of an Event are gathered before its count is written, in milliseconds. */
  readonly windowMs: number;
  /** Announcements that may wait to be written. */
  readonly queued: number;
  /** Events remembered, so that repeats are counted on them. */
  readonly remembered: number;
}

interface Waiting {
  readonly key: string;
  readonly announcement: Announcement;
  readonly firstMs: number;
  lastMs: number;
  count: number;
  /** Monotonic. */
  readonly dueMs: number;
}

interface Remembered {
  readonly name: string;
  readonly firstMs: number;
  readonly count: number;
}

/**
 * What is to be announced, and what has been. It decides what the next write is and does none itself: the same
 * announcement about the same object is one Event with a count, and a burst of repeats is one write.
 */
export class EventQueue {
  /** Announcements given up because too many were waiting. */
  dropped = 0;
  readonly #limits: EventQueueLimits;
  readonly #random: () => number;
  readonly #again: EventWrite[] = [];
  readonly #fresh = new Map<string, Waiting>();
  /** In the order in which they fall due, since all wait for the same time. */
  readonly #repeats = new Map<string, Waiting>();
  /** Least recently written first. */
  readonly #remembered = new Map<string, Remembered>();

  /** @param random numbers from 0 (inclusive) to 1 (exclusive), for names */
  constructor(limits: EventQueueLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Announcements that wait. */
  get size(): number {
    return this.#again.length + this.#fresh.size + this.#repeats.size;
  }

  /** Adds an announcement. When full, the oldest repeat gives way, else the oldest of all. */
  add(announcement: Announcement, { timeMs, monotonicMs }: Moment): void {
    const key = keyOf(announcement);
    const waiting = this.#fresh.get(key) ?? this.#repeats.get(key);
    if (waiting !== undefined) {
      waiting.count += 1;
      waiting.lastMs = timeMs;
      return;
    }
    const known = this.#remembered.has(key);
    const dueMs = known ? monotonicMs + this.#limits.windowMs : monotonicMs;
    const queue = known ? this.#repeats : this.#fresh;
    queue.set(key, { key, announcement, firstMs: timeMs, lastMs: timeMs, count: 1, dueMs });
    if (this.size > this.#limits.queued) this.#dropOldest();
  }

  /**
   * How long until something can be written, in milliseconds: 0 for now, undefined if nothing waits.
   *
   * @param nowMs monotonic
   */
  waitMs(nowMs: number): number | undefined {
    if (this.#again.length > 0 || this.#fresh.size > 0) return 0;
    const first = firstOf(this.#repeats);
    return first === undefined ? undefined : Math.max(0, first.dueMs - nowMs);
  }

  /**
   * Takes the next write, and remembers it as done.
   *
   * @param nowMs monotonic; Infinity also takes repeats that are not yet due
   * @returns undefined if nothing is due
   */
  take(nowMs: number): EventWrite | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return again;
    const waiting = firstOf(this.#fresh) ?? firstOf(this.#repeats);
    if (waiting === undefined || waiting.dueMs > nowMs) return undefined;
    this.#fresh.delete(waiting.key);
    this.#repeats.delete(waiting.key);
    return this.#decide(waiting);
  }

  /** Puts back a write that failed and may succeed later. */
  retry(write: EventWrite): void {
    this.#again.push({ ...write, failures: write.failures + 1 });
    if (this.size > this.#limits.queued) this.#dropOldest();
  }

  /** The Event of a repeat no longer exists (the API server keeps them for an hour): it becomes a new one. */
  recreate(write: EventWrite): void {
    const { key, announcement, lastMs, added } = write;
    this.#remembered.delete(key);
    this.#again.push(this.#decide({ key, announcement, firstMs: lastMs, lastMs, count: added, dueMs: 0 }));
  }

  /** A write was given up: its Event does not exist. */
  forget({ key }: EventWrite): void {
    this.#remembered.delete(key);
  }

  /**
   * Gives up all that waits to be written in a namespace.
   *
   * @returns how many were given up
   */
  forgetNamespace(namespace: string): number {
    const before = this.size;
    const isThere = ({ announcement }: { readonly announcement: Announcement }): boolean =>
      announcement.object.namespace === namespace;
    for (const waiting of [this.#fresh, this.#repeats])
      for (const [key, entry] of waiting) if (isThere(entry)) waiting.delete(key);
    const others = this.#again.filter((write) => !isThere(write));
    this.#again.splice(0, Infinity, ...others);
    return before - this.size;
  }

  #decide({ key, announcement, firstMs, lastMs, count: added }: Waiting): EventWrite {
    const known = this.#remembered.get(key);
    const event = {
      name: known?.name ?? nameOf(announcement.object.name, this.#random),
      firstMs: known?.firstMs ?? firstMs,
      count: (known?.count ?? 0) + added,
    };
    this.#remembered.delete(key);
    this.#remembered.set(key, event);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > this.#limits.remembered && oldest !== undefined)
      this.#remembered.delete(oldest);
    return {
      kind: known === undefined ? 'create' : 'repeat',
      key,
      announcement,
      lastMs,
      added,
      failures: 0,
      ...event,
    };
  }

  #dropOldest(): void {
    this.dropped += 1;
    const oldest = firstOf(this.#repeats) ?? firstOf(this.#fresh);
    if (oldest === undefined) this.#again.shift();
    else if (!this.#repeats.delete(oldest.key)) this.#fresh.delete(oldest.key);
  }
}

const MAX_MESSAGE_BYTES = 1_024;

/** The limit of an object's name, https://kubernetes.io/docs/concepts/overview/working-with-objects/names/. */
const MAX_NAME_LENGTH = 253;

/**
 * Cuts a message to 1,024 bytes of UTF-8, the limit of `events.k8s.io`, between two characters.
 *
 * @returns the message, ending with `…` if it was cut
 */
export function capMessage(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MAX_MESSAGE_BYTES) return message;
  let end = MAX_MESSAGE_BYTES - Buffer.byteLength('…');
  while (isContinuation(bytes[end])) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}

/** Bytes of UTF-8 that go on with a character, 10xxxxxx. */
function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function keyOf({ object, type, reason, message }: Announcement): string {
  return `${object.uid}|${type}|${reason}|${message}`;
}

function nameOf(objectName: string, random: () => number): string {
  const word = (): string =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const suffix = `.${word()}${word()}`;
  return objectName.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
}

function firstOf<V>(map: ReadonlyMap<string, V>): V | undefined {
  for (const value of map.values()) return value;
  return undefined;
}
