import type { Json } from '../../api/job.ts';
import { textAt } from '../../core/admission/flow/named-list.ts';
import { isObject } from '../../core/admission/json-tree.ts';
import { isApiError } from '../../kube/api-error.ts';
import { apiPath, type Connection } from '../../kube/connection.ts';

/** What the API server calls a kind of object, and where its objects live. */
export interface Resource {
  /** As in `job.batch`, kubectl's own words: the kind in lower case and the group. */
  readonly label: string;
  /** `/api/v1` or `/apis/GROUP/VERSION`. */
  readonly base: string;
  /** The plural name. */
  readonly name: string;
  readonly namespaced: boolean;
}

/**
 * Which resource a kind belongs to, as the API server itself says
 * (https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api).
 */
export class ResourceCatalog {
  readonly #connection: Connection;
  /** By apiVersion, then by kind. */
  readonly #known = new Map<string, ReadonlyMap<string, Resource>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * @returns undefined if the API server knows no such kind
   * @throws ApiError
   */
  async find(apiVersion: string, kind: string): Promise<Resource | undefined> {
    let kinds = this.#known.get(apiVersion);
    if (kinds === undefined) {
      kinds = await this.#read(apiVersion);
      // One that is not there may come with the next object, a CustomResourceDefinition.
      if (kinds.size > 0) this.#known.set(apiVersion, kinds);
    }
    return kinds.get(kind);
  }

  async #read(apiVersion: string): Promise<ReadonlyMap<string, Resource>> {
    const [groupOrVersion = '', version] = apiVersion.split('/');
    const group = version === undefined ? '' : groupOrVersion;
    const base =
      version === undefined ? apiPath`/api/${groupOrVersion}` : apiPath`/apis/${groupOrVersion}/${version}`;
    const kinds = new Map<string, Resource>();
    for (const found of await this.#list(base)) {
      const name = textAt(found, 'name');
      const kind = textAt(found, 'kind');
      // With a slash it is a part of another: `jobs/status`.
      if (!isObject(found) || name.includes('/') || kinds.has(kind)) continue;
      const label = kind.toLowerCase() + (group === '' ? '' : `.${group}`);
      kinds.set(kind, { label, base, name, namespaced: found.namespaced === true });
    }
    return kinds;
  }

  async #list(base: string): Promise<Json[]> {
    try {
      const answer = (await this.#connection.request({ method: 'GET', path: base })) as Json;
      return isObject(answer) && Array.isArray(answer.resources) ? answer.resources : [];
    } catch (error) {
      if (isApiError(error, 'notFound')) return [];
      throw error;
    }
  }
}

/**
 * The path of a collection, or of one object in it.
 *
 * @param namespace counts for what lives in one
 */
export function resourcePath(
  { base, name, namespaced }: Resource,
  namespace: string,
  object?: string,
): string {
  const place = namespaced ? apiPath`/namespaces/${namespace}/${name}` : apiPath`/${name}`;
  return base + place + (object === undefined ? '' : apiPath`/${object}`);
}
