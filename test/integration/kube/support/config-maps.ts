import type { Connection } from '../../../../src/kube/connection.ts';
import type { Identified } from '../../../../src/kube/store-change.ts';

/** What the tests keep of a ConfigMap. */
export interface ConfigMapRecord extends Identified {
  readonly value: string | undefined;
}

interface ConfigMapObject {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly data?: Readonly<Record<string, string>>;
}

/** The projection of a ConfigMap that the tests use. */
export function projectConfigMap(object: unknown): ConfigMapRecord {
  const { metadata, data } = object as ConfigMapObject;
  const { namespace, name, uid, resourceVersion } = metadata;
  return { namespace, name, uid, resourceVersion, value: data?.value };
}

/** The ConfigMaps of one namespace, written through a connection. */
export class ConfigMaps {
  readonly path: string;
  readonly #connection: Connection;

  constructor(connection: Connection, namespace: string) {
    this.#connection = connection;
    this.path = `/api/v1/namespaces/${namespace}/configmaps`;
  }

  async create(name: string, value = 'first'): Promise<void> {
    await this.#connection.request({
      method: 'POST',
      path: this.path,
      body: { metadata: { name }, data: { value } },
    });
  }

  async set(name: string, value: string): Promise<void> {
    await this.#connection.request({
      method: 'PATCH',
      path: `${this.path}/${name}`,
      body: { data: { value } },
    });
  }

  async remove(name: string): Promise<void> {
    await this.#connection.request({ method: 'DELETE', path: `${this.path}/${name}` });
  }
}
