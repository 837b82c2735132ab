import assert from "node:assert/strict";
import { examine } from "../../../src/cluster/kind/doctor.ts";
import type { MachineFacts } from "../../../src/cluster/kind/machine-facts.ts";

const gib = 2 ** 30;
const sound: MachineFacts = {
  engine: {
    lack: null,
    version: "28.2.2",
    rootless: false,
    cgroup: "v2",
    cpus: 4,
    memoryBytes: 16 * gib,
    folder: "/var/lib/docker",
    local: true,
  },
  kind: "0.33.0",
  kubectl: "1.36.2",
  inotify: { instances: 8192, watches: 524_288 },
  kvm: true,
  freeDiskBytes: 100 * gib,
};

describe("the doctor", () => {
  it("finds nothing amiss with a machine that has everything", () => {
    for (const { name, health, cure } of examine(sound)) assert.deepEqual([name, health, cure], [name, "good", null]);
  });

  const { engine } = sound;
  const ills: [string, Partial<MachineFacts>, string, "poor" | "bad", RegExp][] = [
    ["no engine", { engine: { ...engine, lack: "start one" } }, "container engine", "bad", /start one/],
    ["a rootless engine", { engine: { ...engine, rootless: true } }, "container engine", "bad", /rootful/],
    ["no kind", { kind: null }, "kind", "bad", /install it/],
    ["an old kind", { kind: "0.9.0" }, "kind", "bad", /newer/],
    ["an old kubectl", { kubectl: "1.20.2" }, "kubectl", "bad", /newer/],
    ["few inotify instances", { inotify: { instances: 128, watches: 524_288 } }, "inotify instances", "bad", /sysctl/],
    ["few inotify watches", { inotify: { instances: 8192, watches: 8192 } }, "inotify watches", "bad", /sysctl/],
    ["no KVM", { kvm: false }, "KVM", "poor", /emulated/],
    ["cgroup v1", { engine: { ...engine, cgroup: "v1" } }, "cgroup", "poor", /unified_cgroup/],
    ["one CPU", { engine: { ...engine, cpus: 1 } }, "CPUs", "bad", /more/],
    ["little memory", { engine: { ...engine, memoryBytes: 4 * gib } }, "memory", "bad", /workers/],
    ["a full disk", { freeDiskBytes: gib }, "free disk", "bad", /docker system df/],
    ["a disk elsewhere", { freeDiskBytes: null }, "free disk", "poor", /20 GiB/],
  ];
  for (const [what, facts, name, health, cure] of ills) {
    it(`mends ${what}`, () => {
      const amiss = examine({ ...sound, ...facts }).filter((finding) => finding.health !== "good");
      assert.deepEqual(
        amiss.map((finding) => [finding.name, finding.health]),
        [[name, health]],
      );
      assert.match(amiss[0]!.cure!, cure);
    });
  }
});
