import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { checkTemplate, fillTemplate } from "../../../src/cluster/existing/power-template.ts";
import type { Node } from "../../../src/kube/objects.ts";

function nodeWith(annotations: Record<string, string>): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "worker-1", uid: "u", resourceVersion: "1", creationTimestamp: "", annotations },
    spec: { providerID: "aws:///eu-1a/i-0abc" },
    status: {
      addresses: [
        { type: "Hostname", address: "worker-1.example" },
        { type: "InternalIP", address: "fd00::7" },
      ],
    },
  };
}

describe("node power templates", () => {
  it("put what is known of the node in the place of placeholders, and leave JSON as it is", () => {
    const node = nodeWith({ "bmc.example.com/address": "10.0.0.9" });
    const template = ["curl", "-d", '{"ResetType":"ForceOff"}', "https://{annotation:bmc.example.com/address}/{name}"];
    checkTemplate(template, "off");
    assert.deepEqual(fillTemplate(template, node), ["curl", "-d", template[2], "https://10.0.0.9/worker-1"]);
    assert.deepEqual(fillTemplate(["x", "[{address}]", "{hostname}", "{providerID}"], node), [
      "x",
      "[fd00::7]",
      "worker-1.example",
      "aws:///eu-1a/i-0abc",
    ]);
  });

  it("refuse what the node does not have, naming the node and the placeholder", () => {
    assert.throws(
      () => fillTemplate(["x", "{annotation:bmc}"], nodeWith({})),
      /node worker-1 has nothing to put in the place of \{annotation:bmc\}/,
    );
  });

  for (const [template, complaint] of [
    [[""], /names no program/],
    [["{name}"], /must not depend on the node/],
    [["x", "{nam}"], /\{nam\} stands for nothing; there are name, address/],
    [["x", "{annotation}"], /\{annotation\} is written \{annotation:its key\}/],
    [["x", "{name:y}"], /\{name:y\} is written \{name\}/],
    [["x", "{constructor}"], /stands for nothing/],
  ] as const) {
    it(`refuse ${JSON.stringify(template)} before any node is touched`, () => {
      assert.throws(() => checkTemplate(template, "off"), complaint);
    });
  }

  it("pass a value on as it is, within its own argument, or refuse it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (value) => {
        const template = ["printf", "%s", "--host={annotation:a}"];
        let filled: string[];
        try {
          filled = fillTemplate(template, nodeWith({ a: value }));
        } catch {
          return;
        }
        assert.deepEqual(filled, ["printf", "%s", `--host=${value}`]);
      }),
    );
  });

  it("never let a value be more than a word to a shell", () => {
    const hostile = fc.stringMatching(/^[a-z0-9$`;&|<>(){}*?!~#'"\\ \n\t=-]{1,20}$/);
    const accepted: string[] = [];
    fc.assert(
      fc.property(hostile, (value) => {
        try {
          accepted.push(fillTemplate(["x", "{annotation:a}"], nodeWith({ a: value }))[1]!);
        } catch {
          // Refused.
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted.length > 20, `only ${accepted.length} were passed on`);
    const words = execFileSync("sh", ["-c", `printf '%s\\n' ${accepted.join(" ")}`], { encoding: "utf8" });
    assert.deepEqual(words.trimEnd().split("\n"), accepted);
  });
});
