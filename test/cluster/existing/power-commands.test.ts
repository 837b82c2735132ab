import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../src/clock/real-clock.ts";
import { readClusterConfig } from "../../../src/cluster/existing/cluster-config.ts";
import { nodePowerBy } from "../../../src/cluster/existing/power-commands.ts";
import type { KubeClient } from "../../../src/cluster/kube-client.ts";

describe("node power by a user's commands", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "rebound-power-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = (name: string): string => join(folder, name);
  const node = {
    metadata: { name: "w1", annotations: { "bmc.example.com/address": "10.0.0.9" } },
    spec: {},
    status: {},
  };
  const kube = { get: () => Promise.resolve(node) } as unknown as KubeClient;

  /** A power button as a program: it writes its state, and to whom it was told, to files. */
  const power = (off = "off") => {
    const button = (state: string) => [
      "sh",
      "-c",
      `echo ${state} > "$1"; echo "$2" >> "$1.told"`,
      "power",
      file("power"),
    ];
    const bmc = "{annotation:bmc.example.com/address}";
    const status = ["sh", "-c", 'echo "Chassis Power is $(cat "$1")"', "status", file("power"), bmc];
    const commands = { off: [...button(off), bmc], on: [...button("on"), bmc], status, isOn: "is on$" };
    return nodePowerBy(commands, kube, realClock());
  };

  it("switches the node off and on, proven by what its status says", async () => {
    writeFileSync(file("power"), "on\n");
    const off = await power().powerOff("w1");
    assert.equal(off.evidence, 'its status says "Chassis Power is off"');
    assert.ok(off.fromMs <= off.toMs);
    assert.equal(readFileSync(file("power"), "utf8"), "off\n");
    const on = await power().powerOn("w1");
    assert.equal(on.evidence, 'its status says "Chassis Power is on"');
    assert.equal(readFileSync(file("power.told"), "utf8"), "10.0.0.9\n10.0.0.9\n");
  });

  it("is idempotent on the way back", async () => {
    writeFileSync(file("power"), "on\n");
    await power().powerOn("w1");
    assert.equal(readFileSync(file("power"), "utf8"), "on\n");
  });

  it("does not take the power of a node that is not on: nothing would be proven", async () => {
    writeFileSync(file("power"), "off\n");
    await assert.rejects(power().powerOff("w1"), /node w1 is not on: its status does not match "is on\$"/);
  });

  it("says which command failed and what it said, and never its arguments", async () => {
    writeFileSync(file("power"), "on\n");
    const commands = {
      off: ["sh", "-c", "echo no route to host >&2; exit 1", "x", "secret"],
      on: ["true"],
      status: ["echo", "on"],
      isOn: "on",
    };
    await assert.rejects(nodePowerBy(commands, kube, realClock()).powerOff("w1"), (error: Error) => {
      assert.match(error.message, /^the off command for node w1 failed \(exit code 1\): no route to host$/);
      return true;
    });
  });

  for (const [text, complaint] of [
    ["nodePower: { off: [x], on: [x], status: [x] }", /nodePower\.isOn/],
    [
      'nodePower: { off: [x, "{nmae}"], on: [x], status: [x], isOn: on }',
      /nodePower\.off: \{nmae\} stands for nothing/,
    ],
    ["nodePower: { off: [x], on: [x], status: [x], isOn: '(' }", /nodePower\.isOn must be a pattern/],
    ["protected: { selectors: ['a in'] }", /protected\.selectors\.0: must be a label selector/],
    ["most: { nodes: 0 }", /most\.nodes/],
    [
      "{ nodePower: { off: [x], on: [x], status: [x], isOn: on }, nodeShell: { image: x, wakeAlarm: true } }",
      /nodePower and nodeShell\.wakeAlarm both switch nodes; keep one of them/,
    ],
    ["nodeshell: {}", /nodeshell/],
  ] as const) {
    it(`is refused where it is written wrong: ${text}`, () => {
      writeFileSync(file("site.yaml"), text);
      assert.throws(() => readClusterConfig(file("site.yaml")), complaint);
    });
  }
});
