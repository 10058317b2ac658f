/** A value that came from JSON. */
export type Json = string | number | boolean | null | Json[] | JsonObject;

/** An object that came from JSON. */
export interface JsonObject {
  [key: string]: Json;
}

/** An owner reference, as on `metadata.ownerReferences`. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
}

/** The metadata fields of a Job that jobflow reads. */
export interface JobMetadata {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string | null;
  deletionTimestamp?: string | null;
  labels?: Record<string, string> | null;
  annotations?: Record<string, string> | null;
  finalizers?: string[] | null;
  ownerReferences?: OwnerReference[] | null;
  managedFields?: ManagedFieldsEntry[] | null;
}

/** One entry of `metadata.managedFields`. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: string;
  subresource?: string;
  fieldsV1?: JsonObject;
}

/** A condition of a Job's status. */
export interface JobCondition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}

/** A `batch/v1` Job as it comes over the wire, in the fields that jobflow reads; everything else passes through. */
export interface JobObject {
  apiVersion?: string;
  kind?: string;
  metadata: JobMetadata;
  spec?: JsonObject | null;
  status?: {
    startTime?: string | null;
    active?: number;
    conditions?: JobCondition[] | null;
  } | null;
}
