import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ContainerStatus, Pod } from "../../src/kube/objects.ts";
import { createSimulation, type Simulation } from "../../src/simulator/create-simulation.ts";

/** What a client sees of a pod, without names, addresses and times: one line per state. */
function stateOf({ metadata, status }: Pod): string {
  const conditions = new Map((status.conditions ?? []).map(({ type, ...rest }) => [type, rest]));
  const shown = [
    "PodScheduled",
    "PodReadyToStartContainers",
    "Initialized",
    "ContainersReady",
    "Ready",
    "DisruptionTarget",
  ];
  const told = shown.map((type) => {
    const condition = conditions.get(type);
    return condition === undefined ? "-" : `${condition.status}${condition.reason ? `/${condition.reason}` : ""}`;
  });
  const init = (status["initContainerStatuses"] ?? []) as ContainerStatus[];
  const containers = [...init, ...(status.containerStatuses ?? [])].map(({ name, ready, started, state }) => {
    const { running, waiting, terminated } = state;
    const what = running ? "running" : (waiting?.reason ?? `${terminated?.reason} ${terminated?.exitCode}`);
    return `${name} ${what}${ready ? " ready" : ""}${started ? " started" : ""}`;
  });
  const marked = metadata.deletionTimestamp === undefined ? "" : "marked";
  return [status.phase, status.reason ?? "", marked, status.podIP ? "ip" : "", ...told, ...containers.sort()].join("|");
}

/** The states one after another, each once. */
function distinct(pods: Pod[]): string[] {
  return pods.map(stateOf).filter((state, index, all) => state !== all[index - 1]);
}

/** A launcher pod of a recording, up to that second, from its creation on. */
function recorded(recording: string, pod: string, until: number): string[] {
  const file = new URL(`../recordings/${recording}.jsonl.gz`, import.meta.url);
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split("\n");
  const seen = lines
    .map((line) => JSON.parse(line) as { at: number; resource?: string; object: Pod })
    .filter(({ at, resource, object }) => resource === "pods" && at <= until && object.metadata.name === pod);
  return distinct(seen.map(({ object }) => object));
}

/** The same of the model: a VM is started, then something is done to its launcher pod. */
async function modelled(act: (simulation: Simulation, pod: Pod) => void): Promise<string[]> {
  const simulation = createSimulation({ seed: 7 });
  const seen: Pod[] = [];
  simulation.store.subscribe(({ resource, object }) => {
    if (resource !== "pods" || object.metadata.labels?.["kubevirt.io"] !== "virt-launcher") return;
    if (seen.length === 0 || seen[0]!.metadata.uid === object.metadata.uid) seen.push(object as Pod);
  });
  await simulation.api.handle({
    method: "POST",
    path: "/apis/kubevirt.io/v1/namespaces/default/virtualmachines",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      apiVersion: "kubevirt.io/v1",
      kind: "VirtualMachine",
      metadata: { name: "always" },
      spec: { runStrategy: "Always", template: { spec: vmiSpec } },
    }),
  });
  simulation.clock.advanceTo(60_000);
  act(simulation, seen.at(-1)!);
  simulation.clock.advanceTo(500_000);
  return distinct(seen);
}

const vmiSpec = {
  domain: {
    devices: { disks: [{ name: "root", disk: { bus: "virtio" } }], interfaces: [{ name: "default", masquerade: {} }] },
    resources: { requests: { memory: "128Mi" } },
  },
  networks: [{ name: "default", pod: {} }],
  volumes: [{ name: "root", containerDisk: { image: "quay.io/lab/guest:v2" } }],
};

describe("a launcher pod of the model goes through the states that a real one was seen in", () => {
  it("when it starts and is deleted", async () => {
    const states = await modelled(({ store }, { metadata }) => {
      store.delete("pods", metadata.namespace, metadata.name);
    });
    assert.deepEqual(states, recorded("pod-delete", "virt-launcher-always-2mctl", Infinity));
  });

  it("when its node loses its power", async () => {
    const states = await modelled(({ hands }, { spec }) => {
      hands.powerOff(spec.nodeName!);
    });
    assert.deepEqual(states, recorded("node-power-loss", "virt-launcher-always-krdqd", 525));
  });

  it("when its kubelet stops and comes back after the pod was marked for deletion", async () => {
    const states = await modelled(({ hands, clock }, { spec }) => {
      hands.stopKubelet(spec.nodeName!);
      clock.schedule(411_000, () => hands.startKubelet(spec.nodeName!));
    });
    assert.deepEqual(states, recorded("kubelet-stop", "virt-launcher-always-dxg7c", Infinity));
  });
});
