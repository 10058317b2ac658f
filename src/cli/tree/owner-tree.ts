import { parseReference } from '../../api/dependency-reference.ts';
import type { JobMetadata } from '../../api/job.ts';
import type { PodObject } from '../cluster/pods.ts';
import type { NamespaceObjects } from '../cluster/read-objects.ts';
import { inDependencyOrder } from '../status/select-parts.ts';
import { messageOf } from '../status/status-table.ts';
import { timeMs } from '../view/api-time.ts';
import { flowState } from '../view/concerned-parts.ts';
import { KIND_TITLES, type KindAndName, type NamedKind } from '../view/kind-words.ts';
import type { NamespaceView } from '../view/namespace-view.ts';
import type { PartState, PartView } from '../view/part-view.ts';
import { viewPod } from '../view/pod-view.ts';

/** An object, and what it owns. */
export interface TreeNode {
  /** `jobflow`, `job`, `pod`; of an owner of another kind that kind in small letters. */
  readonly kind: string;
  readonly name: string;
  /** Undefined if it is not there: yet to be made, or gone. */
  readonly uid: string | undefined;
  /** In the words of `jobflow status`, of a pod in those of `kubectl get pods`; empty if it is not known. */
  readonly state: string;
  /** How that looks. */
  readonly looks: PartState | undefined;
  /** Of a pod. */
  readonly restarts: number | undefined;
  readonly node: string | undefined;
  /** In milliseconds since the epoch. */
  readonly createdMs: number | undefined;
  /** Why it failed, or does not start; of a CronJob its schedule. Empty if there is nothing to say. */
  readonly message: string;
  readonly children: readonly TreeNode[];
}

/** A CronJob, in the fields that are shown. */
export interface CronJobObject {
  readonly metadata: JobMetadata;
  readonly spec?: { readonly schedule?: string; readonly timeZone?: string; readonly suspend?: boolean };
  readonly status?: { readonly active?: readonly unknown[]; readonly lastScheduleTime?: string };
}

/** All that a tree is made of. */
export interface TreeObjects {
  readonly objects: NamespaceObjects;
  readonly view: NamespaceView;
  readonly cronJobs: readonly CronJobObject[];
  readonly pods: readonly PodObject[];
}

/** The kinds whose trees can be asked for. */
export const TREE_KINDS = ['job', 'jobflow', 'daemonjob', 'cronjob', 'pod'] as const;

/** Objects and what they own, by owner references. */
export class OwnerTrees {
  readonly #view: NamespaceView;
  /** By kind and name, as they are written: `job/load`. */
  readonly #entries = new Map<string, Entry>();
  readonly #byUid = new Map<string, Entry>();
  /** What an owner owns, by its UID, in the order in which it was found. */
  readonly #owned = new Map<string, Entry[]>();

  constructor({ objects, view, cronJobs, pods }: TreeObjects) {
    this.#view = view;
    for (const { metadata } of objects.flows) this.#add('jobflow', metadata, (own) => this.#flowNode(own));
    for (const { metadata } of objects.daemons)
      this.#add('daemonjob', metadata, (own) => this.#partNode(own));
    for (const cronJob of cronJobs)
      this.#add('cronjob', cronJob.metadata, ({ children }) => ({ ...cronJobNode(cronJob), children }));
    for (const { metadata } of byAge(objects.jobs)) this.#add('job', metadata, (own) => this.#partNode(own));
    for (const pod of byAge(pods))
      this.#add('pod', pod.metadata, ({ children }) => ({ ...podNode(pod), children }));
    for (const entry of this.#entries.values()) {
      const owner = entry.owner?.uid;
      if (owner === undefined) continue;
      const owned = this.#owned.get(owner);
      if (owned === undefined) this.#owned.set(owner, [entry]);
      else owned.push(entry);
    }
  }

  /** Those that bear a name, with its kind if that is stated. */
  find({ kind, name }: KindAndName): { readonly kind: NamedKind; readonly name: string }[] {
    return TREE_KINDS.filter((each) => (kind ?? each) === each && this.#isThere(each, name)).map((each) => {
      return { kind: each, name };
    });
  }

  /** The names of all that a tree can be asked for. */
  names(): string[] {
    return [...new Set([...this.#entries.values()].map(({ name }) => name))];
  }

  /** The tree that an object is in: that of its topmost owner. */
  treeOf(kind: NamedKind, name: string): TreeNode {
    let entry = this.#entries.get(`${kind}/${name}`) ?? this.#makerOf(kind, name);
    const passed = new Set([entry]);
    for (let owner = entry?.owner; owner !== undefined; owner = entry.owner) {
      const above = this.#byUid.get(owner.uid);
      if (above === undefined) return this.#unknownOwner(owner);
      // Nothing keeps owner references from going in circles.
      if (passed.has(above)) break;
      passed.add(above);
      entry = above;
    }
    return entry === undefined ? unmadeNode(kind, name) : this.#nodeOf(entry);
  }

  #isThere(kind: NamedKind, name: string): boolean {
    return this.#entries.has(`${kind}/${name}`) || this.#makerOf(kind, name) !== undefined;
  }

  /** The JobFlow of a Job that is not there. */
  #makerOf(kind: NamedKind, name: string): Entry | undefined {
    const part = this.#view.parts.get(kind === 'job' ? name : `${kind}/${name}`);
    return part?.flow === undefined ? undefined : this.#entries.get(`jobflow/${part.flow}`);
  }

  #add(kind: NamedKind, metadata: JobMetadata, node: (own: OwnParts) => Omit<TreeNode, OwnField>): void {
    const { name = '', uid = '', creationTimestamp, ownerReferences } = metadata;
    const controller = ownerReferences?.find((owner) => owner.controller === true);
    const entry: Entry = {
      kind,
      name,
      uid,
      createdMs: timeMs(creationTimestamp),
      owner: controller && {
        kind: controller.kind.toLowerCase(),
        name: controller.name,
        uid: controller.uid,
      },
      node,
    };
    this.#entries.set(`${kind}/${name}`, entry);
    this.#byUid.set(uid, entry);
  }

  #nodeOf(entry: Entry, path: ReadonlySet<Entry> = new Set()): TreeNode {
    const { kind, name, uid, createdMs } = entry;
    const within = new Set([...path, entry]);
    const owned = (this.#owned.get(uid) ?? []).filter((each) => !within.has(each));
    const children = owned.map((each) => this.#nodeOf(each, within));
    return { ...entry.node({ kind, name, children, within }), kind, name, uid, createdMs };
  }

  /** An owner that cannot be read, or of a kind that nothing is known of. */
  #unknownOwner({ kind, name, uid }: Owner): TreeNode {
    const children = (this.#owned.get(uid) ?? []).map((each) => this.#nodeOf(each));
    return { ...NOTHING_KNOWN, kind, name, uid, children };
  }

  #flowNode({ name, children, within }: OwnParts): Omit<TreeNode, OwnField> {
    const flow = this.#view.flows.get(name);
    if (flow === undefined) return { ...NOTHING_KNOWN, children };
    const own = new Map(children.map((child) => [`${child.kind}/${child.name}`, child]));
    const parts = inDependencyOrder(this.#view, flow.parts).map((part) => {
      const reference = parseReference(part.name) ?? { kind: 'job' as const, name: part.name };
      const key = `${reference.kind}/${reference.name}`;
      const node = own.get(key);
      own.delete(key);
      if (node !== undefined) return node;
      const entry = this.#entries.get(key);
      // It joined by annotation: somebody else owns it, or nobody.
      if (entry !== undefined) return within.has(entry) ? undefined : joinedNode(this.#nodeOf(entry, within));
      return { ...NOTHING_KNOWN, ...reference, ...partFields(part), uid: undefined };
    });
    const { record } = flow;
    const state = flowState(record);
    return {
      ...NOTHING_KNOWN,
      state,
      looks: state,
      message: record.status.message ?? '',
      children: [...parts.filter((part) => part !== undefined), ...own.values()],
    };
  }

  #partNode({ kind, name, children }: OwnParts): Omit<TreeNode, OwnField> {
    const part = this.#view.parts.get(kind === 'job' ? name : `${kind}/${name}`);
    return { ...NOTHING_KNOWN, ...(part && partFields(part)), children };
  }
}

/** One object, and how its node is made. */
interface Entry {
  readonly kind: NamedKind;
  readonly name: string;
  readonly uid: string;
  readonly createdMs: number | undefined;
  readonly owner: Owner | undefined;
  readonly node: (own: OwnParts) => Omit<TreeNode, OwnField>;
}

interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** What every node has from its metadata. */
type OwnField = 'kind' | 'name' | 'uid' | 'createdMs';

interface OwnParts {
  readonly kind: NamedKind;
  readonly name: string;
  readonly children: readonly TreeNode[];
  /** The entries above, and this one. */
  readonly within: ReadonlySet<Entry>;
}

const NOTHING_KNOWN = {
  state: '',
  looks: undefined,
  restarts: undefined,
  node: undefined,
  createdMs: undefined,
  message: '',
  children: [],
} as const;

function partFields(part: PartView): Pick<TreeNode, 'state' | 'looks' | 'message'> {
  const { state, record, createdMs } = part;
  const isUnmade = record === undefined && createdMs === undefined;
  const message = isUnmade ? (state === 'Waiting' ? 'yet to be made' : 'gone') : messageOf(part);
  return { state, looks: state, message };
}

function joinedNode(node: TreeNode): TreeNode {
  return { ...node, message: ['joined by annotation', node.message].filter(Boolean).join('; ') };
}

function unmadeNode(kind: NamedKind, name: string): TreeNode {
  return { ...NOTHING_KNOWN, kind, name, uid: undefined };
}

function cronJobNode({ spec = {}, status = {} }: CronJobObject): Omit<TreeNode, OwnField> {
  const isActive = (status.active ?? []).length > 0;
  const state = isActive ? 'Running' : spec.suspend === true ? 'Suspended' : 'Waiting';
  const zone = spec.timeZone === undefined ? '' : ` (${spec.timeZone})`;
  return {
    ...NOTHING_KNOWN,
    state: state === 'Waiting' ? 'Scheduled' : state,
    looks: state,
    message: `${spec.schedule ?? ''}${zone}${spec.suspend === true && isActive ? '; suspended' : ''}`,
  };
}

function podNode(pod: PodObject): Omit<TreeNode, OwnField> {
  const { state, looks, restarts, node, message } = viewPod(pod);
  return { ...NOTHING_KNOWN, state, looks, restarts, node, message };
}

function byAge<T extends { readonly metadata: JobMetadata }>(objects: readonly T[]): T[] {
  const keyOf = ({ metadata }: T): string => `${metadata.creationTimestamp ?? ''}/${metadata.name ?? ''}`;
  return objects.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** In a sentence: `Job "load"`. */
export function describeNamed({ kind, name }: KindAndName): string {
  return `${kind === undefined ? 'Job, JobFlow, DaemonJob, CronJob or Pod' : KIND_TITLES[kind]} "${name}"`;
}
