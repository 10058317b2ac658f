import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { AdmissionOperation } from '../src/api/admission-review.ts';
import { LATENCY_BUCKETS_SECONDS } from '../src/runtime/metrics.ts';

/** How a request ended: decided, too late, or not decided because of an error of ours. */
export type RequestResult = 'allowed' | 'patched' | 'denied' | 'timeout' | 'error';

/** What the webhook counts. */
export interface WebhookMetrics {
  /** One request that could be read, from its first byte to the answer; the duration is in seconds. */
  observeRequest(operation: AdmissionOperation, result: RequestResult, durationSeconds: number): void;
  /** One refusal, by its code in `docs/errors.md`. */
  countRefusal(code: string): void;
  /** One request that could not be read, by the code it was answered with. */
  countBadRequest(code: string): void;
  /** One more request that is being answered. @returns call it when the request has been answered */
  beginRequest(): () => void;
  /** From now on tells when the certificate that is served ends, in seconds since the epoch. */
  readCertificateExpiry(read: () => number): void;
}

/** Registers the webhook's metrics. */
export function createWebhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  const duration = new Histogram({
    name: 'jobflow_webhook_request_duration_seconds',
    help: 'Time from the arrival of an admission request to its answer, by operation and decision.',
    labelNames: ['operation', 'decision'],
    buckets: [...LATENCY_BUCKETS_SECONDS],
    registers,
  });
  const decisions = new Counter({
    name: 'jobflow_webhook_decisions_total',
    help: 'Admission requests answered, by operation and decision (allowed, patched, denied, timeout, error).',
    labelNames: ['operation', 'decision'],
    registers,
  });
  const refusals = new Counter({
    name: 'jobflow_webhook_refusals_total',
    help: 'Objects refused, by the code of the refusal.',
    labelNames: ['code'],
    registers,
  });
  const badRequests = new Counter({
    name: 'jobflow_webhook_bad_requests_total',
    help: 'Requests that are no admission request that can be read, by the code of the answer.',
    labelNames: ['code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'jobflow_webhook_requests_in_flight',
    help: 'Requests that are being answered.',
    registers,
  });
  let readExpiry = (): number => 0;
  new Gauge({
    name: 'jobflow_webhook_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that is served ends, in seconds since the epoch; 0 before there is one.',
    registers,
    collect() {
      this.set(readExpiry());
    },
  });
  return {
    observeRequest: (operation, decision, durationSeconds) => {
      duration.observe({ operation, decision }, durationSeconds);
      decisions.inc({ operation, decision });
    },
    countRefusal: (code) => {
      refusals.inc({ code });
    },
    countBadRequest: (code) => {
      badRequests.inc({ code });
    },
    beginRequest: () => {
      inFlight.inc();
      return () => {
        inFlight.dec();
      };
    },
    readCertificateExpiry: (read) => {
      readExpiry = read;
    },
  };
}
