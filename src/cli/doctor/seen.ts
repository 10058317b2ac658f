import type { X509Certificate } from 'node:crypto';
import type { AdmissionAnswer } from '../installation/admission-checks.ts';
import type { Installation } from '../installation/installation.ts';
import type { Reading } from '../installation/reading.ts';
import type { RightsSeen } from './rights.ts';

/** Everything that `jobflow doctor` has looked at. */
export interface DoctorSeen {
  readonly cliVersion: string;
  /** Milliseconds since the epoch, by the API server's clock. */
  readonly nowMs: number;
  /** The namespace of the user's Jobs. */
  readonly namespace: string;
  /** As the API server states it: `v1.36.3`. */
  readonly kubernetes: string | undefined;
  /** The plural names that the API server serves of jobflow's own group and version. */
  readonly served: readonly string[];
  readonly definitions: Reading<readonly DefinitionSeen[]>;
  readonly policies: Reading<readonly PolicySeen[]>;
  readonly installations: readonly [InstallationSeen, ...InstallationSeen[]];
  readonly admission: readonly AdmissionSeen[];
  readonly leftovers: Reading<LeftoversSeen>;
  readonly rights: RightsSeen;
}

/** A CustomResourceDefinition of jobflow. */
export interface DefinitionSeen {
  /** The plural name. */
  readonly resource: string;
  /** The chart's version, from its label. */
  readonly version: string | undefined;
  readonly isDeleting: boolean;
}

/** A ValidatingAdmissionPolicy of jobflow. */
export interface PolicySeen {
  readonly name: string;
  /** A binding has it refuse what breaks it. */
  readonly isEnforced: boolean;
}

/** One installation, and what belongs to its webhook. */
export interface InstallationSeen {
  readonly installation: Installation;
  /** The webhooks of its configuration. */
  readonly webhooks: Reading<readonly WebhookSeen[]>;
  readonly certificate: CertificateSeen;
}

/** One webhook of the configuration. */
export interface WebhookSeen {
  readonly name: string;
  readonly caBundle: string | undefined;
}

/** The certificate with which the webhook serves. */
export type CertificateSeen =
  | {
      readonly kind: 'read';
      /** From where: `Secret "jobflow-webhook-tls"`. */
      readonly source: string;
      readonly chain: readonly [X509Certificate, ...X509Certificate[]];
      /** The name by which the API server asks. */
      readonly host: string;
    }
  /** Why not, in one sentence. */
  | { readonly kind: 'unread'; readonly sentence: string }
  /** The Secret is not there, or holds no certificate. */
  | { readonly kind: 'missing'; readonly source: string };

/** What became of a dry run. */
export interface AdmissionSeen {
  /** As a sentence without its end. */
  readonly name: string;
  readonly answer: AdmissionAnswer | { readonly kind: 'notAllowed'; readonly right: string };
}

/** Jobs that jobflow's finalizer keeps. */
export interface LeftoversSeen {
  /** Where was looked: `namespace "shop"`, `all namespaces`. */
  readonly where: string;
  readonly kept: number;
  /** Those whose deletion has taken longer than it should. */
  readonly stuck: readonly string[];
}
