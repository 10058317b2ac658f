import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import {
  parseAdmissionReview,
  parseResourceReview,
  type AdmissionDecision,
  type AdmissionRequest,
  type ParsedAdmissionReview,
} from '../src/api/admission-review.ts';
import { refusal, type Refusal } from '../src/api/errors.ts';
import type { JobObject, JsonObject } from '../src/api/job.ts';
import type { Logger } from '../src/runtime/logging.ts';
import { answerReview } from './admission-answer.ts';
import { readBody, readTimeout } from './admission-body.ts';
import type { RequestResult, WebhookMetrics } from './metrics.ts';

/**
 * Decides on one request. A decision that cannot be made rejects; that is answered with 500, and the API server
 * then follows the `failurePolicy` of the webhook configuration.
 *
 * @param signal aborted when nobody waits for the decision any longer
 */
export type Decide<T extends object = JobObject> = (
  request: AdmissionRequest<T>,
  signal: AbortSignal,
) => Promise<AdmissionDecision>;

/** What the webhook's HTTP side needs. */
export interface AppOptions {
  /** Judges Jobs. */
  readonly decide: Decide;
  /** Judges JobFlows, JobTemplates and DaemonJobs. */
  readonly decideResource: Decide<JsonObject>;
  readonly log: Logger;
  readonly metrics: WebhookMetrics;
  /** The largest body that is read, in bytes. */
  readonly maxBodyBytes: number;
  /** How long one decision may take, in milliseconds; the API server's own `?timeout=` can only shorten it. */
  readonly requestTimeoutMs: number;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/** Where the API server sends Jobs. */
export const JOBS_PATH = '/admission/jobs';

/** Where the API server sends JobFlows, JobTemplates and DaemonJobs. */
export const RESOURCES_PATH = '/admission/resources';

/**
 * The webhook as an express app. Whatever could be read as an AdmissionReview is answered with an AdmissionReview of
 * the same uid; everything else with `{"error": {"code", "message"}}` in one line, and a status that fits. No
 * answer tells anything of our insides: those go to the log.
 */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  const jobs: Judge<JobObject> = { parse: parseAdmissionReview, decide: options.decide };
  const resources: Judge<JsonObject> = { parse: parseResourceReview, decide: options.decideResource };
  app.post(JOBS_PATH, (request, response, next) => {
    judge(request, response, jobs, options).catch(next);
  });
  app.post(RESOURCES_PATH, (request, response, next) => {
    judge(request, response, resources, options).catch(next);
  });
  app.all([JOBS_PATH, RESOURCES_PATH], (request, response) => {
    response.setHeader('Allow', 'POST');
    const values = { method: request.method, path: request.path, allowed: 'POST' };
    sendRefusal(response, 405, refusal('MethodNotAllowed', values), options.metrics);
  });
  app.use((request, response) => {
    const values = { path: request.path, known: KNOWN_PATHS };
    sendRefusal(response, 404, refusal('PathUnknown', values), options.metrics);
  });
  app.use(answerErrors(options));
  return app;
}

const KNOWN_PATHS = `${JOBS_PATH} and ${RESOURCES_PATH}`;

/** How the requests of one path are read and judged. */
interface Judge<T extends object> {
  readonly parse: (value: unknown) => ParsedAdmissionReview<T>;
  readonly decide: Decide<T>;
}

async function judge<T extends object>(
  httpRequest: Request,
  response: Response,
  { parse, decide }: Judge<T>,
  options: AppOptions,
): Promise<void> {
  const { log, metrics, now } = options;
  const startedMs = now();
  const end = metrics.beginRequest();
  response.once('close', end);
  const body = await readBody(httpRequest, options.maxBodyBytes);
  if (body.kind === 'gone') return;
  if (body.kind === 'refused') {
    sendRefusal(response, body.status, body.refusal, metrics);
    return;
  }
  const parsed = parse(body.value);
  if (!parsed.ok) {
    sendRefusal(response, 400, { code: 'ReviewMalformed', message: parsed.message }, metrics);
    return;
  }
  const { request } = parsed.review;
  const timeoutMs = readTimeout(httpRequest.query.timeout, options.requestTimeoutMs);
  const deciding = (signal: AbortSignal): Promise<AdmissionDecision> => decide(request, signal);
  const { result, answer } = await decideInTime(request, deciding, response, timeoutMs, options);
  const durationMs = now() - startedMs;
  metrics.observeRequest(request.operation, result, durationMs / 1_000);
  log.debug({ uid: request.uid, ...subject(request), result, durationMs }, 'answered');
  if (response.writableEnded || response.destroyed) return;
  if ('refusal' in answer) sendRefusal(response, answer.status, answer.refusal, metrics);
  else sendJson(response, 200, answer);
}

type Answer = ReturnType<typeof answerReview> | { readonly status: number; readonly refusal: Refusal };

async function decideInTime(
  request: AdmissionRequest<object>,
  decide: (signal: AbortSignal) => Promise<AdmissionDecision>,
  response: Response,
  timeoutMs: number,
  { log, metrics }: AppOptions,
): Promise<{ result: RequestResult; answer: Answer }> {
  const controller = new AbortController();
  const gone = (): void => {
    controller.abort();
  };
  response.once('close', gone);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, 'late');
  });
  try {
    const decision = await Promise.race([decide(controller.signal), late]);
    if (decision === 'late') {
      controller.abort();
      log.warn({ uid: request.uid, ...subject(request), timeoutMs }, 'could not decide in time');
      const seconds = Math.round(timeoutMs / 100) / 10;
      return { result: 'timeout', answer: { status: 504, refusal: refusal('Timeout', { seconds }) } };
    }
    const answer = answerReview(request, decision);
    if (decision.kind === 'allow') {
      return { result: answer.response.patch === undefined ? 'allowed' : 'patched', answer };
    }
    metrics.countRefusal(decision.reason);
    log.info({ uid: request.uid, ...subject(request), code: decision.reason }, 'refused');
    return { result: 'denied', answer };
  } catch (error) {
    log.error({ err: error, uid: request.uid, ...subject(request) }, 'failed to decide');
    const answer = { status: 500, refusal: refusal('Internal', { id: request.uid }) };
    return { result: 'error', answer };
  } finally {
    clearTimeout(timer);
    response.off('close', gone);
  }
}

/** What a log line says of the object: never anything of its content. */
function subject({ operation, kind, namespace, name, dryRun }: AdmissionRequest<object>): object {
  return { operation, kind: kind.kind, namespace, name, ...(dryRun ? { dryRun } : {}) };
}

/** Errors that express itself finds (a path with a broken escape) or that slipped through: four arguments make it the error handler. */
function answerErrors({ log, metrics }: AppOptions): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const status: unknown = error instanceof Error && 'status' in error ? error.status : undefined;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      const values = { path: request.path, known: KNOWN_PATHS };
      sendRefusal(response, 404, refusal('PathUnknown', values), metrics);
      return;
    }
    log.error({ err: error, path: request.path }, 'failed to answer');
    sendRefusal(response, 500, refusal('Internal', { id: 'without uid' }), metrics);
  };
}

function sendRefusal(
  response: Response,
  status: number,
  { code, message }: Refusal,
  metrics: WebhookMetrics,
): void {
  if (status < 500) metrics.countBadRequest(code);
  sendJson(response, status, { error: { code, message } });
}

/** Written in one go with its length: express's own `json` would add an ETag and look at the request's headers again. */
function sendJson(response: Response, status: number, body: object): void {
  const bytes = Buffer.from(`${JSON.stringify(body)}\n`);
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': bytes.length });
  response.end(bytes);
}
