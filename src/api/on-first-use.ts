/**
 * Something that takes a while to make and may never be needed, such as a compiled schema: it is made when it is first
 * asked for, and kept.
 */
export function onFirstUse<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
