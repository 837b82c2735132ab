import { cpus } from "node:os";
import Table from "cli-table3";
import { execaNode } from "execa";
import { condition, type VirtualMachine } from "../src/kube/objects.ts";
import { createSimulation, type Simulation } from "../src/simulator/create-simulation.ts";

/**
 * How fast the simulated cluster is: a fleet is started, a tenth of its nodes lose their power at once, are fenced a
 * minute later, and all VMs come back. `npm run bench` prints a row for each size of fleet, `npm run bench -- 500`
 * for that one alone. Every size runs in a process of its own, so that peaks of memory are its own too.
 */
const sizes = process.argv
  .slice(2)
  .filter((argument) => /^\d+$/.test(argument))
  .map(Number);
const vmsPerNode = 20;

interface Figures {
  vms: number;
  nodes: number;
  lostNodes: number;
  /** How much time passed in the model and for real, in milliseconds. */
  virtualMs: number;
  realMs: number;
  /** Processor time, start of the process included, in milliseconds: what other work on the machine leaves alone. */
  cpuMs: number;
  changes: number;
  peakBytes: number;
}

if (process.argv.includes("--one")) {
  process.stdout.write(JSON.stringify(await measure(sizes[0]!)));
} else {
  const table = new Table({
    head: ["VMs", "nodes", "lost", "model", "real", "ratio", "CPU", "CPU per VM", "changes", "peak"],
    style: { head: [], border: [], compact: true },
  });
  for (const vms of sizes.length > 0 ? sizes : [50, 500, 2000]) {
    const { stdout } = await execaNode(import.meta.filename, [String(vms), "--one"]);
    table.push(row(JSON.parse(stdout) as Figures));
  }
  process.stdout.write(`${cpus()[0]?.model.trim()}, Node ${process.version}\n${table.toString()}\n`);
}

async function measure(vms: number): Promise<Figures> {
  const nodes = Math.max(3, Math.ceil(vms / vmsPerNode));
  const rack = Array.from({ length: Math.ceil(nodes / 10) }, (_, index) => `worker${index + 2}`);
  const began = performance.now();
  const simulation = createSimulation({ seed: 1, workers: nodes });
  const { clock, hands, store } = simulation;
  for (let number = 0; number < vms; number++) await createVm(simulation, number);
  until(simulation, () => allReady(simulation));
  for (const node of rack) hands.powerOff(node);
  clock.advanceTo(clock.now() + 60_000);
  for (const node of rack) store.delete("nodes", undefined, node);
  until(simulation, () => allReady(simulation));
  return {
    vms,
    nodes,
    lostNodes: rack.length,
    virtualMs: clock.now(),
    realMs: performance.now() - began,
    cpuMs: (process.cpuUsage().user + process.cpuUsage().system) / 1000,
    changes: store.resourceVersion,
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

async function createVm({ api }: Simulation, number: number): Promise<void> {
  const answer = await api.handle({
    method: "POST",
    path: "/apis/kubevirt.io/v1/namespaces/default/virtualmachines",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      apiVersion: "kubevirt.io/v1",
      kind: "VirtualMachine",
      metadata: { name: `vm-${number}` },
      spec: {
        runStrategy: "Always",
        template: {
          spec: {
            domain: {
              devices: { disks: [{ name: "root", disk: { bus: "virtio" } }] },
              resources: { requests: { cpu: "100m", memory: "512Mi" } },
            },
            volumes: [{ name: "root", containerDisk: { image: "quay.io/containerdisks/fedora:42" } }],
          },
        },
      },
    }),
  });
  if (answer.status !== 201) throw new Error(`vm-${number} was refused: ${JSON.stringify(answer.body)}`);
}

function allReady({ store }: Simulation): boolean {
  return store
    .list<VirtualMachine>("virtualmachines")
    .every((vm) => vm.status?.ready === true && condition(vm, "Ready")?.status === "True");
}

/** Lets the model's time pass, a second at a time, until it is so. */
function until({ clock }: Simulation, what: () => boolean): void {
  const limit = clock.now() + 3_600_000;
  while (!what()) {
    if (clock.now() > limit) throw new Error("the fleet is not ready after an hour of the model");
    clock.advanceTo(clock.now() + 1000);
  }
}

function row({ vms, nodes, lostNodes, virtualMs, realMs, cpuMs, changes, peakBytes }: Figures): string[] {
  return [
    String(vms),
    String(nodes),
    String(lostNodes),
    `${(virtualMs / 1000).toFixed(0)} s`,
    `${(realMs / 1000).toFixed(1)} s`,
    `${(virtualMs / realMs).toFixed(1)} ×`,
    `${(cpuMs / 1000).toFixed(1)} s`,
    `${(cpuMs / vms).toFixed(1)} ms`,
    String(changes),
    `${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
  ];
}
