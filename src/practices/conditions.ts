/** One promise that was put to the test, with all by which it may differ from others. */
export interface Tested {
  kept: boolean;
  attributes: Record<string, string>;
}

/** As many attributes are named to tell kept promises from broken ones; beyond that they are counted. */
const depth = 4;

/** The attribute that tells one test from every other; it says nothing of why, so it is named where no other helps. */
export const lastResort = "variant";

/**
 * What separates the kept promises from the broken, a sentence each: the attribute that separates them best, and
 * under each of its values that still has both, the next best.
 */
export function conditionsOf(tested: Tested[]): string[] {
  const attribute = separator(tested, []);
  if (attribute === null) return [counted(tested)];
  return parts(tested, attribute, [attribute]);
}

/** The kept, those that have both, the broken. */
function parts(tested: Tested[], attribute: string, used: string[]): string[] {
  const groups = [...groupsOf(tested, attribute)];
  const values = (of: (each: Tested) => boolean): (string | undefined)[] =>
    groups.filter(([, group]) => group.every(of)).map(([value]) => value);
  const kept = values((each) => each.kept);
  const broken = values((each) => !each.kept);
  return [
    ...(kept.length > 0 ? [`kept ${phrase(attribute, kept)}`] : []),
    ...groups
      .filter(([, group]) => isMixed(group))
      .map(([value, group]) => `${phrase(attribute, [value])}${nested(group, used)}`),
    ...(broken.length > 0 ? [`broken ${phrase(attribute, broken)}`] : []),
  ];
}

function nested(tested: Tested[], used: string[]): string {
  const attribute = used.length < depth ? separator(tested, used) : null;
  const inner = attribute === null ? counted(tested) : parts(tested, attribute, [...used, attribute]).join("; ");
  return used.length > 1 ? ` (${inner})` : `: ${inner}`;
}

/** The attribute whose groups are the purest; null where none makes them any purer. */
function separator(tested: Tested[], used: string[]): string | null {
  const names = [...new Set(tested.flatMap(({ attributes }) => Object.keys(attributes)))];
  const [best] = names
    .filter((name) => !used.includes(name) && name !== lastResort)
    .map((name) => ({ name, impurity: impurityBy(tested, name) }))
    .toSorted((one, other) => one.impurity - other.impurity);
  if (best !== undefined && best.impurity < impurity(tested)) return best.name;
  return impurityBy(tested, lastResort) < impurity(tested) ? lastResort : null;
}

function impurityBy(tested: Tested[], attribute: string): number {
  return [...groupsOf(tested, attribute).values()].reduce((sum, group) => sum + impurity(group), 0);
}

/** Gini's, weighted by the group's size: zero where all are kept or all are broken. */
function impurity(tested: Tested[]): number {
  const kept = tested.filter((each) => each.kept).length;
  return (kept * (tested.length - kept)) / tested.length;
}

function groupsOf(tested: Tested[], attribute: string): Map<string | undefined, Tested[]> {
  return Map.groupBy(tested, ({ attributes }) => attributes[attribute]);
}

function isMixed(tested: Tested[]): boolean {
  return impurity(tested) > 0;
}

function phrase(attribute: string, values: (string | undefined)[]): string {
  const named = values.filter((value) => value !== undefined);
  const word = attribute === "fault" ? "after" : `with ${attribute}`;
  return [
    ...(named.length > 0 ? [`${word} ${named.join(", ")}`] : []),
    ...(named.length < values.length ? [`without ${attribute}`] : []),
  ].join(" or ");
}

function counted(tested: Tested[]): string {
  return `kept ${tested.filter((each) => each.kept).length} of ${tested.length} times`;
}
