/** Tells whether the labels of an object are selected. */
export type LabelSelector = (labels: Readonly<Record<string, string>>) => boolean;

/** A part between commas: `app`, `!app`, `app=etl`, `app!=etl`, `app in (etl, report)`, `app notin (etl)`. */
const REQUIREMENT =
  /^(?:(?<not>!)?\s*(?<alone>[\w./-]+)|(?<key>[\w./-]+)\s*(?:(?<compare>==?|!=)\s*(?<value>[\w.-]*)|(?<set>in|notin)\s*\((?<values>[^()]*)\)))$/;
/** Commas that are not between parentheses. */
const BETWEEN = /,(?![^(]*\))/;

/**
 * Reads a label selector as `kubectl -l` takes it
 * (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors).
 *
 * @returns undefined if it is none
 */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  if (text.trim() === '') return () => true;
  const requirements = text.split(BETWEEN).map((part) => parseRequirement(part.trim()));
  const known = requirements.filter((requirement) => requirement !== undefined);
  if (known.length < requirements.length) return undefined;
  return (labels) => known.every((isMet) => isMet(labels));
}

function parseRequirement(text: string): LabelSelector | undefined {
  const found = REQUIREMENT.exec(text)?.groups;
  if (found === undefined) return undefined;
  const { not, alone, key = '', compare, value = '', set, values = '' } = found;
  if (alone !== undefined) return (labels) => Object.hasOwn(labels, alone) === (not === undefined);
  const wanted = set === undefined ? [value] : values.split(',').map((each) => each.trim());
  const isWanted: LabelSelector = (labels) =>
    Object.hasOwn(labels, key) && wanted.includes(labels[key] ?? '');
  // As Kubernetes has it, an object without the label has no such value either.
  return compare === '!=' || set === 'notin' ? (labels) => !isWanted(labels) : isWanted;
}
