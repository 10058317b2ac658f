import type { Json } from '../../api/job.ts';

/** Reads what stands where a value is expected: `10m`, `true`, `0644`; undefined if it is not one. */
export type ReadScalar = (text: string) => Json | undefined;

interface Line {
  indent: number;
  content: string;
}

/** Deeper than any object of Kubernetes. */
const DEEPEST = 100;

/** A key that nobody can take for anything but a text. */
const KEY = /^([A-Za-z][\w./-]*):(?: +(.*))?$/;
const QUOTED = /^(?:"([^"\\]*)"|'([^']*)')$/;
const FLOW_ITEM = / *("[^"\\]*"|'[^']*'|[^\s,[\]{}"'][^,[\]{}"']*?) *(?:,|$)/y;
const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,14})$/;
/** What can only be a text, whatever follows; and what has to be looked at. */
const BEGINS_TEXT = /^(?:[A-Za-z/$(_]|-[A-Za-z-])/;
const BEGINS_SCALAR = /^(?:[\d+~]|\.[\din])/i;
const WORDS_WITH_MEANING = new Set(['y', 'n', 'yes', 'no', 'on', 'off', 'true', 'false', 'null']);

/**
 * Reads a document in the plainest YAML, the one that nearly all manifests are written in: maps and lists by
 * indentation, values on one line. It takes a fraction of the time that a whole parser of YAML takes, and gives up at
 * the first thing that it does not know, such as an anchor, a text of several lines or a key that is there twice.
 *
 * @param text one document; `---` may stand on its first line
 * @param readScalar reads what may be something else than a text, as the whole parser would
 * @returns undefined where it gives up
 */
export function readPlainYaml(text: string, readScalar: ReadScalar): Json | undefined {
  const lines = linesOf(text);
  return lines === undefined || lines.length === 0 ? undefined : new PlainReader(lines, readScalar).read();
}

/** The lines that hold something; undefined if there is an unusual character in one. */
function linesOf(text: string): Line[] | undefined {
  const lines: Line[] = [];
  let isFirst = true;
  for (const raw of text.split(/\r?\n/)) {
    // Of blanks, spaces alone: others are no indentation.
    const line = raw.replace(/ +$/, '');
    const content = line.replace(/^ +/, '');
    const isSeparator = isFirst && line === '---';
    isFirst = false;
    if (content === '' || content.startsWith('#') || isSeparator) continue;
    const indent = line.length - content.length;
    if (!/^[ -~]*$/.test(line)) return undefined;
    lines.push({ indent, content });
  }
  return lines;
}

class PlainReader {
  readonly #lines: Line[];
  readonly #readScalar: ReadScalar;
  #at = 0;

  constructor(lines: Line[], readScalar: ReadScalar) {
    this.#lines = lines;
    this.#readScalar = readScalar;
  }

  read(): Json | undefined {
    const value = this.#node(0, 0);
    return this.#at === this.#lines.length ? value : undefined;
  }

  /** What begins at the line that comes next, with all of it at the same indentation or deeper. */
  #node(indent: number, depth: number): Json | undefined {
    const line = this.#lines[this.#at];
    if (line?.indent !== indent || depth > DEEPEST) return undefined;
    return isItem(line.content) ? this.#list(indent, depth) : this.#map(indent, depth);
  }

  #map(indent: number, depth: number): Json | undefined {
    const map: Record<string, Json> = {};
    for (
      let line = this.#next(indent);
      line !== undefined && !isItem(line.content);
      line = this.#next(indent)
    ) {
      const [whole, key = '', written = ''] = KEY.exec(line.content) ?? [];
      if (whole === undefined || hasMeaning(key) || Object.hasOwn(map, key)) return undefined;
      this.#at++;
      const value = written === '' ? this.#below(indent, depth, true) : this.#inline(written, indent);
      if (value === undefined) return undefined;
      map[key] = value;
    }
    return map;
  }

  #list(indent: number, depth: number): Json | undefined {
    const list: Json[] = [];
    for (
      let line = this.#next(indent);
      line !== undefined && isItem(line.content);
      line = this.#next(indent)
    ) {
      const written = line.content.slice(1).trimStart();
      let value: Json | undefined;
      if (isItem(written) || KEY.test(written)) {
        // `- name: a` is the first line of a map that is as far to the right as its name.
        line.indent += line.content.length - written.length;
        line.content = written;
        value = this.#node(line.indent, depth + 1);
      } else {
        this.#at++;
        value = written === '' ? this.#below(indent, depth, false) : this.#inline(written, indent);
      }
      if (value === undefined) return undefined;
      list.push(value);
    }
    return list;
  }

  /** The line that comes next, if it is at this indentation. */
  #next(indent: number): Line | undefined {
    const line = this.#lines[this.#at];
    return line?.indent === indent ? line : undefined;
  }

  /** The value of a key, or of a `-`, with nothing behind it; a list may be as far to the left as its key. */
  #below(indent: number, depth: number, ofKey: boolean): Json | undefined {
    const line = this.#lines[this.#at];
    if (line === undefined || line.indent < indent) return null;
    if (line.indent > indent) return this.#node(line.indent, depth + 1);
    return ofKey && isItem(line.content) ? this.#list(indent, depth + 1) : null;
  }

  /** A value that has its line for itself; if the next line is deeper, it belongs to it. */
  #inline(written: string, indent: number): Json | undefined {
    const next = this.#lines[this.#at];
    if (next !== undefined && next.indent > indent) return undefined;
    if (written === '{}') return {};
    return written.startsWith('[') ? this.#flowList(written) : this.#scalar(written);
  }

  #flowList(written: string): Json | undefined {
    if (!written.endsWith(']')) return undefined;
    const inner = written.slice(1, -1);
    const list: Json[] = [];
    if (inner.trim() === '') return list;
    for (FLOW_ITEM.lastIndex = 0; FLOW_ITEM.lastIndex < inner.length;) {
      const value = this.#scalar(FLOW_ITEM.exec(inner)?.[1] ?? '');
      if (value === undefined) return undefined;
      list.push(value);
    }
    // A comma at the end promises another one.
    return inner.trimEnd().endsWith(',') ? undefined : list;
  }

  #scalar(written: string): Json | undefined {
    const [isQuoted, double, single] = QUOTED.exec(written) ?? [];
    if (isQuoted !== undefined) return double ?? single;
    if (written.includes(': ') || written.includes(' #') || written.endsWith(':')) return undefined;
    if (WHOLE_NUMBER.test(written)) return Number(written);
    if (BEGINS_SCALAR.test(written) || hasMeaning(written)) return this.#readScalar(written);
    return BEGINS_TEXT.test(written) ? written : undefined;
  }
}

function isItem(content: string): boolean {
  return content === '-' || content.startsWith('- ');
}

/** Whether YAML 1.1 takes a word for something else than a text. */
function hasMeaning(word: string): boolean {
  return word.length <= 5 && WORDS_WITH_MEANING.has(word.toLowerCase());
}
