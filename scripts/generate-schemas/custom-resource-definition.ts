import { API_GROUP, API_VERSION } from '../../src/api/names.ts';
import { structuralSchema } from './structural-schema.ts';
import type { Described, StructuralSchema } from './structural-schema.ts';
import type { Definitions } from './shape.ts';

/** A column of `kubectl get`. */
type PrinterColumn = {
  name: string;
  type: 'string' | 'integer' | 'date';
  jsonPath: string;
  priority?: number;
};

/** One of jobflow's resources, apart from its schema. */
export type ResourceNames = {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortName: string;
  /** Columns that only `kubectl get -o wide` shows. */
  readonly wideColumns: readonly PrinterColumn[];
  /** Whether it has an end that tools wait for. */
  readonly ends: boolean;
};

const COUNT_COLUMNS = [
  column('TOTAL', 'integer', '.status.counts.total'),
  column('RUNNING', 'integer', '.status.counts.running'),
  column('SUCCEEDED', 'integer', '.status.counts.succeeded'),
  column('FAILED', 'integer', '.status.counts.failed'),
];
const MESSAGE_COLUMN = column('MESSAGE', 'string', '.status.message');

/** jobflow's resources. */
export const RESOURCES: readonly ResourceNames[] = [
  {
    kind: 'JobFlow',
    plural: 'jobflows',
    singular: 'jobflow',
    shortName: 'jf',
    wideColumns: [...COUNT_COLUMNS, MESSAGE_COLUMN],
    ends: true,
  },
  {
    kind: 'JobTemplate',
    plural: 'jobtemplates',
    singular: 'jobtemplate',
    shortName: 'jt',
    wideColumns: [column('USED BY', 'integer', '.status.count'), MESSAGE_COLUMN],
    ends: false,
  },
  {
    kind: 'DaemonJob',
    plural: 'daemonjobs',
    singular: 'daemonjob',
    shortName: 'dj',
    wideColumns: [...COUNT_COLUMNS, MESSAGE_COLUMN],
    ends: true,
  },
];

/**
 * The most bytes of a CRD as compact JSON. `kubectl apply` keeps that text in an annotation, and all annotations
 * of an object together may have 262,144 bytes
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/).
 */
export const CRD_SIZE_LIMIT = 256_000;

/** One name on the way to a field, or any. */
const ANY = '*';

/**
 * Below which fields descriptions are left out, one after the other until the CRD is small enough: first what no Job
 * may have, then what is described elsewhere in the same CRD.
 */
const LEAST_NEEDED: readonly (readonly string[])[] = [
  ['ephemeralContainers'],
  ['daemonJob', 'template', 'spec', ANY, ANY],
  ['shareVolumes', ANY],
  ['initContainers', ANY],
  ['daemonJob', 'template'],
  ['template'],
];

/**
 * The CustomResourceDefinition of a resource, with as many descriptions as there is room for.
 *
 * @throws Error when it is too large even without descriptions of the pod
 */
export function customResourceDefinition(resource: ResourceNames, definitions: Definitions): object {
  for (let left = 0; left <= LEAST_NEEDED.length; left += 1) {
    const omitted = LEAST_NEEDED.slice(0, left);
    const crd = define(resource, rootSchema(resource, definitions, describedOutside(omitted)));
    if (Buffer.byteLength(JSON.stringify(crd)) <= CRD_SIZE_LIMIT) return crd;
  }
  throw new Error(`The CRD of ${resource.kind} is larger than ${CRD_SIZE_LIMIT} bytes: leave out more.`);
}

/** Fields themselves are described, also where nothing below them is. */
function describedOutside(omitted: readonly (readonly string[])[]): Described {
  return (path) => {
    const above = path.slice(0, -1);
    return !omitted.some((run) =>
      above.some((_, start) => run.every((name, index) => matches(name, above[start + index]))),
    );
  };
}

function matches(wanted: string, name: string | undefined): boolean {
  return name !== undefined && (wanted === ANY || wanted === name);
}

/**
 * What an object has whose status nobody has written yet. Tools that wait by kstatus, such as `helm install --wait`, take
 * an object without a status for one that is as it should be; a generation that is not its own says that it is not yet
 * (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
 */
const NOT_SEEN_YET = { observedGeneration: -1 };

/** The API server knows the metadata of every object, and takes no schema of it but this. */
function rootSchema(
  { kind, ends }: ResourceNames,
  definitions: Definitions,
  described: Described,
): StructuralSchema {
  const root = structuralSchema({ kind: 'ref', to: kind }, definitions, described);
  const status = root.properties?.status;
  return {
    ...root,
    required: ['spec'],
    properties: {
      ...root.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...(status !== undefined && ends ? { status: { ...status, default: NOT_SEEN_YET } } : {}),
    },
  };
}

function define({ kind, plural, singular, shortName, wideColumns }: ResourceNames, schema: StructuralSchema) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${API_GROUP}`,
      labels: { 'app.kubernetes.io/name': 'jobflow' },
    },
    spec: {
      group: API_GROUP,
      scope: 'Namespaced',
      // No category: one called jobflow would make `kubectl get jobflow NAME` ask for all three kinds.
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames: [shortName] },
      versions: [
        {
          name: API_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            column('STATUS', 'string', '.status.state'),
            column('AGE', 'date', '.metadata.creationTimestamp'),
            ...wideColumns.map((one) => ({ ...one, priority: 1 })),
          ],
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  };
}

function column(name: string, type: PrinterColumn['type'], jsonPath: string): PrinterColumn {
  return { name, type, jsonPath };
}
