import type { NamespaceView } from '../view/namespace-view.ts';

/** One thing to do: what for, and a command to copy, if one does it. */
export interface Advice {
  readonly say: string;
  readonly command?: string;
}

/** What commands are written with. */
export interface AdviceInput {
  readonly view: NamespaceView;
  /** What reaches the same namespace: ` -n shop --context test`. */
  readonly same: string;
  /** What reaches another namespace, or the cluster as a whole, in the same way. */
  readonly elsewhere: (namespace: string | undefined) => string;
  /** Where jobflow is installed, as far as is known. */
  readonly system: string;
}
