/** One condition of a selector. */
export interface Requirement {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt";
  values: string[];
}

/** A selector as objects carry it (`spec.selector` of a replica set, a pod affinity term). */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

const symbols = /\s*(==|!=|=|!|,|\(|\)|<|>|[^\s=!,()<>]+)/y;

/**
 * Reads a label selector as a query has it: `app=web,tier in (a, b),!canary,size>3`.
 * Throws an Error with the API machinery's text for what it cannot read.
 */
export function parseLabelSelector(text: string): Requirement[] {
  const tokens = tokenize(text);
  const requirements: Requirement[] = [];
  while (tokens.length > 0) {
    requirements.push(parseRequirement(tokens));
    if (tokens.length === 0) break;
    const next = tokens.shift()!;
    if (next !== ",") throw unexpected(next, "',' or 'end of string'");
    if (tokens.length === 0) throw unexpected("", "identifier after ','");
  }
  return requirements;
}

/** The conditions of an object's own selector; none selects everything. */
export function requirementsOf(selector: LabelSelector): Requirement[] {
  return [
    ...Object.entries(selector.matchLabels ?? {}).map(([key, value]): Requirement => ({
      key,
      operator: "In",
      values: [value],
    })),
    ...(selector.matchExpressions ?? []).map(({ key, operator, values }): Requirement => ({
      key,
      operator: operator as Requirement["operator"],
      values: values ?? [],
    })),
  ];
}

/** Whether labels meet every requirement. */
export function matchesLabels(requirements: readonly Requirement[], labels: Record<string, string> = {}): boolean {
  return requirements.every((requirement) => meets(requirement, labels));
}

/** The selector as a query has it, keys in order: `app=web,tier in (a,b)`. */
export function formatLabelSelector(requirements: readonly Requirement[]): string {
  return [...requirements]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ key, operator, values }) => {
      const sorted = [...values].sort();
      if (operator === "Exists") return key;
      if (operator === "DoesNotExist") return `!${key}`;
      if (operator === "Gt") return `${key}>${sorted[0]}`;
      if (operator === "Lt") return `${key}<${sorted[0]}`;
      if (operator === "In" && sorted.length === 1) return `${key}=${sorted[0]}`;
      return `${key} ${operator === "In" ? "in" : "notin"} (${sorted.join(",")})`;
    })
    .join(",");
}

/** One condition of a field selector. */
export interface FieldRequirement {
  path: string;
  equal: boolean;
  value: string;
}

/** Reads a field selector: `metadata.name=a,status.phase!=Running`. Throws an Error for what it cannot read. */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return text
    .split(/(?<!\\),/)
    .filter((term) => term !== "")
    .map((term) => {
      const parts = /^([^=!]*)(==|!=|=)(.*)$/s.exec(term);
      if (parts === null) throw new Error(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, path, operator, value] = parts as unknown as [string, string, string, string];
      return { path, equal: operator !== "!=", value: value.replace(/\\(.)/g, "$1") };
    });
}

/** Whether an object's fields meet every requirement; a field that is not there counts as empty. */
export function matchesFields(requirements: readonly FieldRequirement[], object: unknown): boolean {
  return requirements.every(({ path, equal, value }) => {
    let found: unknown = object;
    for (const step of path.split(".")) found = (found as Record<string, unknown> | undefined)?.[step];
    return (String((found as string | number | boolean | undefined) ?? "") === value) === equal;
  });
}

function meets({ key, operator, values }: Requirement, labels: Record<string, string>): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
    case "Lt": {
      if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
      const difference = BigInt(value) - BigInt(values[0]!);
      return operator === "Gt" ? difference > 0n : difference < 0n;
    }
  }
}

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  symbols.lastIndex = 0;
  for (let found = symbols.exec(text); found !== null; found = symbols.exec(text)) tokens.push(found[1]!);
  return tokens;
}

function parseRequirement(tokens: string[]): Requirement {
  const negated = tokens[0] === "!";
  if (negated) tokens.shift();
  const key = tokens.shift() ?? "";
  if (!isWord(key)) throw unexpected(key, negated ? "identifier" : "!, identifier, or 'end of string'");
  validateKey(key);
  if (negated) return { key, operator: "DoesNotExist", values: [] };
  if (tokens.length === 0 || tokens[0] === ",") return { key, operator: "Exists", values: [] };
  const operator = tokens.shift()!;
  switch (operator) {
    case "=":
    case "==":
      return { key, operator: "In", values: [exactValue(tokens)] };
    case "!=":
      return { key, operator: "NotIn", values: [exactValue(tokens)] };
    case "in":
      return { key, operator: "In", values: valueSet(tokens) };
    case "notin":
      return { key, operator: "NotIn", values: valueSet(tokens) };
    case ">":
    case "<": {
      const value = exactValue(tokens);
      if (!/^[+-]?\d+$/.test(value)) {
        throw new Error(
          `values[0][${key}]: Invalid value: "${value}": for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      }
      return { key, operator: operator === ">" ? "Gt" : "Lt", values: [value] };
    }
    default:
      throw unexpected(operator, "in, notin, =, ==, !=, gt, lt");
  }
}

function exactValue(tokens: string[]): string {
  if (tokens.length === 0 || tokens[0] === ",") return "";
  const value = tokens.shift()!;
  if (!isWord(value)) throw unexpected(value, "identifier");
  validateValue(value);
  return value;
}

function valueSet(tokens: string[]): string[] {
  const open = tokens.shift() ?? "";
  if (open !== "(") throw unexpected(open, "'('");
  const values: string[] = [];
  for (;;) {
    const value = tokens[0] === "," || tokens[0] === ")" ? "" : (tokens.shift() ?? "");
    if (value !== "" && !isWord(value)) throw unexpected(value, "',', or identifier");
    validateValue(value);
    values.push(value);
    const next = tokens.shift() ?? "";
    if (next === ")") return values;
    if (next !== ",") throw unexpected(next, "',' or ')'");
  }
}

function isWord(token: string): boolean {
  return /^[^\s=!,()<>]+$/.test(token);
}

function validateKey(key: string): void {
  if (/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/.test(key)) return;
  throw new Error(
    `key: Invalid value: "${key}": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  );
}

function validateValue(value: string): void {
  if (/^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/.test(value)) return;
  throw new Error(
    `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
  );
}

function unexpected(found: string, expected: string): Error {
  return new Error(`unable to parse requirement: found '${found}', expected: ${expected}`);
}
