import { API_GROUP, API_VERSION } from '../api/names.ts';
import { apiPath } from './connection.ts';

/** The collections of the custom resources. */
export type ResourceCollection = 'jobflows' | 'jobtemplates' | 'daemonjobs';

/** What jobflow follows in namespaces: Jobs, and its own resources. */
export type Collection = 'jobs' | ResourceCollection;

/**
 * Where a collection is listed and watched: once for all namespaces, which takes rights in the whole cluster, or once
 * for each of those that are named, which takes a Role in each
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris).
 *
 * @param namespaces none stands for all
 */
export function collectionPaths(collection: Collection, namespaces: readonly string[]): readonly string[] {
  const group = collection === 'jobs' ? '/apis/batch/v1' : `/apis/${API_GROUP}/${API_VERSION}`;
  if (namespaces.length === 0) return [`${group}/${collection}`];
  return namespaces.map((namespace) => `${group}${apiPath`/namespaces/${namespace}/`}${collection}`);
}
