import { isApiError } from '../../kube/api-error.ts';
import type { Connection } from '../../kube/connection.ts';
import type { Log } from '../../kube/log.ts';
import { Reflector } from '../../kube/reflector.ts';
import { isProvablyOlder, type Identified } from '../../kube/store-change.ts';

/** Which object is followed, and how. */
export interface FollowedObjectOptions<T extends Identified> {
  readonly connection: Connection;
  readonly log: Log;
  /** The collection that it is in, such as `/api/v1/namespaces/jobflow-system/secrets`. */
  readonly path: string;
  readonly name: string;
  /** Keeps of the object what is needed; must not throw. */
  readonly project: (object: unknown) => T;
  /** Called after a watch has brought something. */
  readonly onChange: () => void;
}

/**
 * Follows one object by its name: a list and a watch with a field selector, which a Role may allow for just this name
 * (https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources). What a write answers, and
 * what is read directly, is taken in as well, so that a decision never waits for the watch.
 */
export class FollowedObject<T extends Identified> {
  readonly #options: FollowedObjectOptions<T>;
  readonly #reflector: Reflector<T>;
  #current: T | undefined;
  #known = false;

  constructor(options: FollowedObjectOptions<T>) {
    const { connection, log, path, name, project, onChange } = options;
    this.#options = options;
    this.#reflector = new Reflector({
      connection,
      log,
      path,
      project,
      query: { fieldSelector: `metadata.name=${name}` },
    });
    this.#reflector.subscribe((change) => {
      if (change.kind !== 'deleted') this.#offer(change.record);
      // An UID never comes back. Another one has been created since, and read in another way.
      else if (this.#current?.uid === change.record.uid) this.#current = undefined;
      onChange();
    });
    void this.#reflector.whenSynced.then(() => {
      this.#known = true;
      onChange();
    });
  }

  /** Whether it is known if there is such an object. */
  get known(): boolean {
    return this.#known;
  }

  /** The newest state that is known; undefined if there is no such object. */
  get current(): T | undefined {
    return this.#current;
  }

  /** Begins to follow. */
  start(): void {
    this.#reflector.start();
  }

  /** Ends it; `onChange` is not called any more. */
  async stop(): Promise<void> {
    await this.#reflector.stop();
  }

  /** Takes in an object that the API server has answered with. */
  take(object: unknown): void {
    this.#known = true;
    this.#offer(this.#options.project(object));
  }

  /**
   * Reads the object directly.
   *
   * @throws ApiError
   */
  async read(signal: AbortSignal): Promise<void> {
    const { connection, path, name } = this.#options;
    const before = this.#current;
    try {
      const own = `${path}/${encodeURIComponent(name)}`;
      this.take(await connection.request({ method: 'GET', path: own, signal }));
    } catch (error) {
      if (!isApiError(error, 'notFound')) throw error;
      this.#known = true;
      // It may have been created since it was asked for.
      if (this.#current === before) this.#current = undefined;
    }
  }

  #offer(record: T): void {
    const before = this.#current;
    if (before !== undefined && isProvablyOlder(record.resourceVersion, before.resourceVersion)) return;
    this.#current = record;
  }
}
