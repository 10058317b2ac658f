import type { Json, JsonObject } from '../../api/job.ts';
import type { GlobalParams } from '../../api/flow-spec.ts';
import { fieldOf, isObject, withField } from '../admission/json-tree.ts';

/** `spec` of a DaemonJob: a JobSpec, with some fields more beside it. */
export interface DaemonJobSpec {
  /** The inlined JobSpec, without `suspend` and the fields below: each means what it means for each node's Job. */
  readonly jobSpec: JsonObject;
  readonly globalParams: GlobalParams;
  /** The nodes that get no Job, as written: `node1, node2`. */
  readonly excludeNodeList: string;
  /** On how many nodes Jobs may run at the same time; undefined for no limit. */
  readonly maxConcurrentNodes: number | undefined;
  /** Nothing more is started; what runs goes on. */
  readonly suspend: boolean;
}

/**
 * Reads the spec of a DaemonJob. The API server has checked it against the schema; what is not of its type all the
 * same counts as absent.
 *
 * @param spec `spec` of a DaemonJob, or `daemonJob` of an entry of a JobFlow
 */
export function readDaemonSpec(spec: JsonObject | null | undefined): DaemonJobSpec {
  const written = spec ?? {};
  const exclude = fieldOf(written, 'excludeNodeList');
  const limit = fieldOf(written, 'maxConcurrentNodes');
  return {
    jobSpec: OWN_FIELDS.reduce((rest, field) => withField(rest, field, undefined), written),
    globalParams: readGlobalParams(fieldOf(written, 'globalParams')),
    excludeNodeList: typeof exclude === 'string' ? exclude : '',
    maxConcurrentNodes: typeof limit === 'number' && limit > 0 ? limit : undefined,
    suspend: fieldOf(written, 'suspend') === true,
  };
}

/** What of the spec is about the whole and not about the Job of a node. */
const OWN_FIELDS = ['globalParams', 'excludeNodeList', 'maxConcurrentNodes', 'suspend'] as const;

function readGlobalParams(params: Json | undefined): GlobalParams {
  const nodeName = fieldOf(params, 'nodeName');
  const env = fieldOf(params, 'env');
  return {
    ...(typeof nodeName === 'string' && { nodeName }),
    env: Array.isArray(env) ? env.filter(isObject) : [],
    labels: readTexts(fieldOf(params, 'labels')),
    annotations: readTexts(fieldOf(params, 'annotations')),
  };
}

function readTexts(map: Json | undefined): Record<string, string> {
  const entries = isObject(map) ? Object.entries(map) : [];
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
