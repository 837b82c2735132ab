/** A copy of a JSON value that is the caller's own; members that are undefined are left out. */
export function copyOf<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((member: unknown) => copyOf(member)) as T;
  const copy: Record<string, unknown> = {};
  for (const key in value) {
    const member = value[key];
    if (member !== undefined) copy[key] = copyOf(member);
  }
  return copy as T;
}

/**
 * Freezes a JSON value all the way down, without its members that are undefined; parts that are frozen already are
 * taken to be so throughout.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const key in value) {
    if (value[key] === undefined) delete value[key];
    else deepFreeze(value[key]);
  }
  return Object.freeze(value);
}

/**
 * Puts the parts of `before` in the place of those of `value` that are like them, so that both share what has not
 * changed, and comparing them later is quick. Answers `before` itself where they are alike throughout.
 */
export function shareWith<T extends object>(value: T, before: T): T {
  if (value === before) return before;
  if (Object.isFrozen(value)) return same(value, before) ? before : value;
  const members = value as Record<string, unknown>;
  const others = before as Record<string, unknown>;
  let alike = Array.isArray(value) === Array.isArray(before);
  for (const key in members) {
    const member = members[key];
    const other = others[key];
    if (member === other) continue;
    if (isObject(member) && isObject(other)) members[key] = shareWith(member, other);
    if (members[key] !== other) alike = false;
  }
  for (const key in others) if (members[key] === undefined && others[key] !== undefined) alike = false;
  return alike ? before : value;
}

/** Whether two JSON values are alike; a member that is undefined counts as absent. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key in left) if (!same(left[key], right[key])) return false;
  for (const key in right) if (left[key] === undefined && right[key] !== undefined) return false;
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
