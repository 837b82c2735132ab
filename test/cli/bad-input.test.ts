import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { folderWith, rebound } from "./rebound.ts";

const machine = (spec: string, memory = "256Mi"): string => `
apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: { name: mine }
spec:
  ${spec}
  template:
    spec:
      domain:
        devices: {}
        resources: { requests: { memory: ${memory} } }
`;

const scenario = (body: string): string => `
import { experiment, vm, vmCrash } from "rebound";
${body}
`;

interface Mistake {
  what: string;
  files: Record<string, string>;
  args: string[];
  says: RegExp;
}

const mistakes: Mistake[] = [
  {
    what: "malformed YAML",
    files: { "vm.yaml": "kind: VirtualMachine\nmetadata: [\n" },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /vm\.yaml:3:1/,
  },
  {
    what: "a file without a VM",
    files: { "vm.yaml": "apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n" },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /vm\.yaml holds no virtual machine.*Secret/,
  },
  {
    what: "a VM with both running and runStrategy",
    files: { "vm.yaml": machine("running: true\n  runStrategy: Always") },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /mine.*running.*runStrategy/,
  },
  {
    what: "a run strategy that does not exist",
    files: { "vm.yaml": machine("runStrategy: Forever") },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /mine.*Forever/,
  },
  {
    what: "a quantity that is none",
    files: { "vm.yaml": machine("runStrategy: Always", "64MB") },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /mine: the API server refuses.*quantities must match/,
  },
  {
    what: "two VMs of one name",
    files: { "vm.yaml": [machine("runStrategy: Always"), machine("running: true")].join("---") },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /two virtual machines called mine/,
  },
  {
    what: "a VM that fits on no node",
    files: { "vm.yaml": machine("runStrategy: Always", "900Gi") },
    args: ["vm-crash", "--vm", "vm.yaml"],
    says: /mine can never be scheduled.*memory/,
  },
  {
    what: "a scenario file that throws",
    files: { "my.scenario.ts": scenario(`throw new Error("no luck today");`) },
    args: ["my.scenario.ts"],
    says: /my\.scenario\.ts cannot be loaded: no luck today \(line 3\)/,
  },
  {
    what: "a scenario file that is no TypeScript",
    files: { "my.scenario.ts": scenario(`export default experiment({ id: `) },
    args: ["my.scenario.ts"],
    says: /my\.scenario\.ts cannot be loaded: Expression expected \(line \d\)/,
  },
  {
    what: "a fault that was not called",
    files: {
      "my.scenario.ts": scenario(
        `export default experiment({ id: "x", title: "x", fault: vmCrash, variants: [vm("web")] });`,
      ),
    },
    args: ["my.scenario.ts"],
    says: /my\.scenario\.ts.*"x" has no fault; make one, as in fault: vmCrash\(\)/,
  },
  {
    what: "an outcome that does not exist",
    files: {
      "my.scenario.ts": scenario(
        `export default experiment({ id: "x", title: "x", fault: vmCrash(), variants: [vm("web")], expect: { web: "reborn" } });`,
      ),
    },
    args: ["my.scenario.ts"],
    says: /my\.scenario\.ts.*expects "reborn", which is no outcome \(restarted, /,
  },
  {
    what: "a manifest in place of a scenario",
    files: { "vm.yaml": machine("runStrategy: Always") },
    args: ["vm.yaml"],
    says: /vm\.yaml is no scenario; to break the VMs in it, write --vm vm\.yaml/,
  },
  {
    what: "a scenario file that exports nothing",
    files: { "my.scenario.ts": scenario(`experiment; vm; vmCrash;`) },
    args: ["my.scenario.ts"],
    says: /my\.scenario\.ts must export an experiment by default/,
  },
  {
    what: "a scenario that expects something of a VM it does not have",
    files: {
      "my.scenario.ts": scenario(
        `export default experiment({ id: "x", title: "x", fault: vmCrash(), variants: [vm("web")], expect: { wbe: "restarted" } });`,
      ),
    },
    args: ["my.scenario.ts"],
    says: /my\.scenario\.ts.*expects something of "wbe", which is none of its variants \(web\)/,
  },
  {
    what: "a folder to write to that is none",
    files: { reports: "a file, not a folder" },
    args: ["vm-crash", "--out", "reports/mine"],
    says: /--out reports\/mine: reports cannot be written there/,
  },
];

describe("bad input", () => {
  for (const { what, files, args, says } of mistakes) {
    it(`is refused with one clear error and exit code 2: ${what}`, async () => {
      await using folder = await folderWith(files);
      const { exitCode, stdout, stderr } = await rebound(["run", ...args], { cwd: folder.path });
      assert.match(stderr, says);
      assert.match(stderr, /^rebound: [^\n]+$/, "one line, no stack");
      assert.deepEqual({ exitCode, stdout }, { exitCode: 2, stdout: "" });
      assert.deepEqual(await readdir(folder.path), Object.keys(files), "nothing is written");
    });
  }

  const journals: Mistake[] = [
    { what: "no journal", files: { "x.jsonl": "" }, args: ["x.jsonl"], says: /x\.jsonl holds no journal line/ },
    {
      what: "text that is no JSON",
      files: { "x.jsonl": "hello\nworld\n" },
      args: ["x.jsonl"],
      says: /x\.jsonl:1: not a journal line/,
    },
    {
      what: "a file that is not gzipped",
      files: { "x.jsonl.gz": "hello" },
      args: ["x.jsonl.gz"],
      says: /cannot read journal x\.jsonl\.gz/,
    },
    {
      what: "a plan that is none",
      files: { "x.jsonl": `{"at":0,"wall":"2025-01-01T00:00:00Z","kind":"plan"}\n` },
      args: ["x.jsonl"],
      says: /x\.jsonl:1: not a plan that this version of Rebound wrote/,
    },
    { what: "a folder without journals", files: {}, args: ["."], says: /\. is no run's folder/ },
    {
      what: "an empty window",
      files: { "x.jsonl": `{"at":1,"wall":"2025-01-01T00:00:00Z","kind":"action","name":"kill-qemu","vm":"a"}\n` },
      args: ["x.jsonl", "--from", "9", "--until", "3"],
      says: /the window from 9 s to 3 s/,
    },
  ];
  for (const { what, files, args, says } of journals) {
    it(`is refused by report as well: ${what}`, async () => {
      await using folder = await folderWith(files);
      const { exitCode, stdout, stderr } = await rebound(["report", ...args], { cwd: folder.path });
      assert.match(stderr, says);
      assert.match(stderr, /^rebound: [^\n]+$/, "one line, no stack");
      assert.deepEqual({ exitCode, stdout }, { exitCode: 2, stdout: "" });
      assert.deepEqual(await readdir(folder.path), Object.keys(files), "nothing is written");
    });
  }
});
