import assert from "node:assert/strict";
import { parseManifests } from "../../src/workload/read-manifests.ts";

describe("reading manifests", () => {
  it("reads every document of a file, and unfolds lists", () => {
    const text = [
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}",
      "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}",
      "",
    ].join("\n---\n");
    assert.deepEqual(
      parseManifests(text, "two.yaml").map((manifest) => `${manifest.kind} ${manifest.metadata.name}`),
      ["Secret a", "ConfigMap b"],
    );
  });

  it("reads JSON as kubectl does", () => {
    const [manifest] = parseManifests('{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}', "a.json");
    assert.equal(manifest?.metadata.name, "a");
  });

  const refusals: [string, string, RegExp][] = [
    ["malformed YAML, with its place", "apiVersion: v1\nkind: [Secret\nmetadata: {}", /^x\.yaml:3:1: /],
    ["a duplicate key, with its place", "apiVersion: v1\nkind: A\nkind: B", /^x\.yaml:3:1: .*unique/],
    ["an empty file", "---\n---\n", /^x\.yaml holds no Kubernetes object$/],
    ["a document that is no object", "just text", /^x\.yaml:1:1: not a Kubernetes object/],
    ["an object without a name", "apiVersion: v1\nkind: Secret", /^x\.yaml:1:1: Secret has no metadata\.name/],
    [
      "a word that kubectl reads as a boolean",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nspec:\n  start: yes",
      /^x\.yaml:5:10: kubectl reads yes as true; quote it, or write true$/,
    ],
    [
      "a number that kubectl reads as octal",
      "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nmode: 0644",
      /^x\.yaml:4:7: kubectl reads 0644 as 420/,
    ],
  ];
  for (const [what, text, message] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseManifests(text, "x.yaml"), { name: "UsageError", message });
    });
  }

  it("takes a quoted yes for the word it is", () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nspec: {start: "yes"}';
    assert.deepEqual(parseManifests(text, "x.yaml")[0]?.["spec"], { start: "yes" });
  });
});
