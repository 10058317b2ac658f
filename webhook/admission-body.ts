import type { IncomingMessage } from 'node:http';
import { parseDuration } from '../src/api/duration.ts';
import { refusal, type Refusal } from '../src/api/errors.ts';

/** The body of a request: read, refused, or not there because the client has gone. */
export type Body =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly status: 400 | 413 | 415; readonly refusal: Refusal }
  | { readonly kind: 'gone' };

/**
 * Reads the JSON body of a request. Not more than the limit is ever held in memory; what comes beyond it is thrown
 * away while the client sends it, so that the client can read the answer.
 *
 * @param maxBytes the largest body that is read
 */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  const wrongType = contentTypeProblem(request);
  if (wrongType !== undefined) {
    return { kind: 'refused', status: 415, refusal: refusal('ContentTypeUnsupported', { value: wrongType }) };
  }
  const bytes = await readBytes(request, maxBytes);
  if (bytes === 'gone') return { kind: 'gone' };
  if (bytes === 'too large') {
    return { kind: 'refused', status: 413, refusal: refusal('BodyTooLarge', { limit: maxBytes }) };
  }
  return parseBody(bytes);
}

/**
 * The time limit of one decision: ours, or nine tenths of what the API server says in `?timeout=10s` if that is
 * less. It says it for every webhook call, from `timeoutSeconds` and what is left of the user's own request
 * (k8s.io/apiserver, webhook/mutating/dispatcher.go).
 *
 * @param stated the value of the query's `timeout`
 * @param ownMs our own limit, in milliseconds
 */
export function readTimeout(stated: unknown, ownMs: number): number {
  const statedMs = typeof stated === 'string' ? parseDuration(stated) : undefined;
  return statedMs === undefined ? ownMs : Math.min(ownMs, statedMs * 0.9);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

function parseBody(bytes: Buffer): Body {
  try {
    return { kind: 'json', value: JSON.parse(UTF8.decode(bytes)) as unknown };
  } catch {
    // Not the parser's own message: it repeats pieces of the body, which may hold anything.
    const problem = bytes.length === 0 ? 'it is empty' : `${bytes.length} bytes`;
    return { kind: 'refused', status: 400, refusal: refusal('BodyNotJson', { problem }) };
  }
}

/** The content type as the client sent it if it is not JSON in UTF-8 as it is; compressed bodies are not taken, since they have no size before they are read. */
function contentTypeProblem({ headers }: IncomingMessage): string | undefined {
  const type = headers['content-type'] ?? '';
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const isUtf8 = parameters.every(
    (parameter) => !parameter.startsWith('charset=') || /utf-?8"?$/.test(parameter),
  );
  if (media !== 'application/json' || !isUtf8) return type;
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding.toLowerCase() === 'identity' ? undefined : `${type} (Content-Encoding: ${encoding})`;
}

function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too large' | 'gone'> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let isTooLarge = false;
    const giveUp = (): void => {
      isTooLarge = true;
      chunks = [];
      resolve('too large');
    };
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) giveUp();
    request.on('data', (chunk: Buffer) => {
      if (isTooLarge) return;
      size += chunk.length;
      if (size > maxBytes) giveUp();
      else chunks.push(chunk);
    });
    request.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    request.once('error', () => {
      resolve('gone');
    });
    request.once('close', () => {
      resolve('gone');
    });
  });
}
