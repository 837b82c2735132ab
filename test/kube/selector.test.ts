import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatLabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
  requirementsOf,
} from "../../src/kube/selector.ts";
import type { Requirement } from "../../src/kube/selector.ts";

const keys = fc.constantFrom("app", "tier", "kubevirt.io/nodeName", "a.b", "in");
const values = fc.constantFrom("web", "db", "node-1", "x_y", "10", "007");
const labels = fc.dictionary(keys, values);
const requirements: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({
    key: keys,
    operator: fc.constantFrom("In" as const, "NotIn" as const),
    values: fc.uniqueArray(values as fc.Arbitrary<string>, { minLength: 1 }),
  }),
  fc.record({
    key: keys,
    operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const),
    values: fc.constant<string[]>([]),
  }),
  fc.record({
    key: keys,
    operator: fc.constantFrom("Gt" as const, "Lt" as const),
    values: fc.integer({ min: 0, max: 20 }).map((n) => [String(n)]),
  }),
);

/** What a requirement means, said another way. */
function holds({ key, operator, values: wanted }: Requirement, of: Record<string, string>): boolean {
  const value = of[key];
  const meaning = {
    In: value !== undefined && wanted.includes(value),
    NotIn: value === undefined || !wanted.includes(value),
    Exists: value !== undefined,
    DoesNotExist: value === undefined,
    Gt: /^\d+$/.test(value ?? "") && Number(value) > Number(wanted[0]),
    Lt: /^\d+$/.test(value ?? "") && Number(value) < Number(wanted[0]),
  };
  return meaning[operator];
}

describe("label selectors", () => {
  it("select what every requirement holds for", () => {
    fc.assert(
      fc.property(fc.array(requirements), labels, (all, of) => {
        assert.equal(
          matchesLabels(all, of),
          all.every((one) => holds(one, of)),
        );
      }),
    );
  });

  it("read back from their text select the same", () => {
    fc.assert(
      fc.property(fc.array(requirements), labels, (all, of) => {
        const text = formatLabelSelector(all);
        assert.equal(matchesLabels(parseLabelSelector(text), of), matchesLabels(all, of), text);
        assert.equal(formatLabelSelector(parseLabelSelector(text)), text);
      }),
    );
  });

  for (const [text, of, selected] of [
    ["", { a: "b" }, true],
    ["app=web", { app: "web" }, true],
    ["app==web", { app: "db" }, false],
    ["app = web , tier != db", { app: "web" }, true],
    ["app in (web, db)", { app: "db" }, true],
    ["app notin (web)", {}, true],
    ["app", { app: "" }, true],
    ["!app", { app: "" }, false],
    ["app=", { app: "" }, true],
    ["app in (,x)", { app: "" }, true],
    ["n>5", { n: "10" }, true],
    ["n<5", { n: "-1" }, true],
    ["n>5", { n: "many" }, false],
    ["toString", {}, false],
  ] as const) {
    it(`"${text}" ${selected ? "selects" : "does not select"} ${JSON.stringify(of)}`, () => {
      assert.equal(matchesLabels(parseLabelSelector(text), of), selected);
    });
  }

  for (const [text, message] of [
    ["a b c", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ["a in b", "unable to parse requirement: found 'b', expected: '('"],
    ["a=b,", "unable to parse requirement: found '', expected: identifier after ','"],
    ["=b", "unable to parse requirement: found '=', expected: !, identifier, or 'end of string'"],
  ] as const) {
    it(`"${text}" is refused as the API machinery refuses it`, () => {
      assert.throws(() => parseLabelSelector(text), { message });
    });
  }

  it("of objects are conditions of both their parts", () => {
    const selector = {
      matchLabels: { app: "web" },
      matchExpressions: [{ key: "tier", operator: "In", values: ["a"] }],
    };
    assert.equal(formatLabelSelector(requirementsOf(selector)), "app=web,tier=a");
    assert.deepEqual(requirementsOf({}), []);
  });
});

describe("field selectors", () => {
  const pod = { metadata: { name: "a", namespace: "lab" }, spec: { nodeName: "worker" }, status: {} };

  for (const [text, selected] of [
    ["", true],
    ["metadata.name=a", true],
    ["metadata.name==b", false],
    ["spec.nodeName=worker,metadata.namespace=lab", true],
    ["status.phase!=Running", true],
    ["status.phase=", true],
  ] as const) {
    it(`"${text}" ${selected ? "selects" : "does not select"} the pod`, () => {
      assert.equal(matchesFields(parseFieldSelector(text), pod), selected);
    });
  }

  it("without an operator are refused", () => {
    assert.throws(() => parseFieldSelector("metadata.name"), /invalid selector: 'metadata.name'/);
  });
});
