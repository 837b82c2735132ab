import type { Timer } from "../event-clock.ts";
import type { Act, Hands } from "../simulation.ts";
import type { World } from "../world.ts";
import type { Kubelet } from "./kubelet.ts";
import { killForMemory } from "./out-of-memory.ts";
import type { SimulatedMachine } from "./machine.ts";

export type NodeHands = Pick<
  Hands,
  | "powerOff"
  | "powerOn"
  | "shutDown"
  | "freeze"
  | "thaw"
  | "disconnect"
  | "connect"
  | "stopKubelet"
  | "startKubelet"
  | "stopRuntime"
  | "startRuntime"
  | "fillMemory"
  | "releaseMemory"
>;

/** Hands on the machines: what a person in the machine room can do, or with a shell on the node. */
export function nodeHands(world: World, kubelets: Map<string, Kubelet>): NodeHands {
  /** The next look at the memory of each node where some is taken. */
  const guards = new Map<string, Timer>();
  return {
    powerOff: (node) => {
      const machine = found(node);
      if (!machine.powered) throw new Error(`${node} has no power`);
      const processes = machine.processes.size;
      machine.change({ powered: false, frozen: false, kubeletRunning: false });
      return { evidence: `${node} has no power; ${processes} containers are gone` };
    },
    powerOn: (node) => {
      const machine = found(node);
      if (machine.powered) throw new Error(`${node} has power already`);
      return powerOn(machine);
    },
    shutDown: (node) => shutDown(running(node)),
    freeze: (node) => {
      running(node).change({ frozen: true });
      return { evidence: `${node} is frozen` };
    },
    thaw: (node) => {
      found(node).change({ frozen: false });
      return { evidence: `${node} runs` };
    },
    disconnect: (node) => {
      found(node).change({ connected: false });
      return { evidence: `no packet passes in or out of ${node}` };
    },
    connect: (node) => {
      found(node).change({ connected: true });
      return { evidence: `packets pass in and out of ${node}` };
    },
    stopKubelet: (node) => {
      running(node).change({ kubeletRunning: false });
      return { evidence: `the kubelet of ${node} is stopped` };
    },
    startKubelet: (node) => {
      running(node).change({ kubeletRunning: true });
      return { evidence: `the kubelet of ${node} is started` };
    },
    stopRuntime: (node) => {
      running(node).change({ runtimeRunning: false });
      return { evidence: `the container runtime of ${node} is stopped` };
    },
    startRuntime: (node) => {
      running(node).change({ runtimeRunning: true });
      return { evidence: `the container runtime of ${node} is started` };
    },
    fillMemory: (node, leftBytes) => {
      const machine = running(node);
      machine.takenBytes = Math.max(0, machine.takenBytes + machine.availableBytes() - leftBytes);
      const killed = guardMemory(machine);
      const left = `${Math.round(machine.availableBytes() / 2 ** 20)} MiB of memory are left on ${node}`;
      return { evidence: killed.length === 0 ? left : `${left}; the kernel killed in ${killed.join(", ")}` };
    },
    releaseMemory: (node) => {
      running(node).takenBytes = 0;
      return { evidence: `memory is free again on ${node}` };
    },
  };

  function found(node: string): SimulatedMachine {
    const machine = world.machines.get(node);
    if (machine === undefined) throw new Error(`there is no machine ${node}`);
    return machine;
  }

  function running(node: string): SimulatedMachine {
    const machine = found(node);
    if (!machine.powered) throw new Error(`${node} has no power`);
    if (machine.frozen) throw new Error(`${node} is frozen`);
    return machine;
  }

  /** As long as memory is taken, whoever wants more than there is meets the kernel. */
  function guardMemory(machine: SimulatedMachine): string[] {
    const killed = killForMemory(machine, world.runtimes.get(machine.node)!);
    for (const container of killed) kubelets.get(machine.node)!.systemOom(container);
    guards.get(machine.node)?.cancel();
    if (machine.takenBytes > 0)
      guards.set(
        machine.node,
        machine.schedule(1000, () => guardMemory(machine)),
      );
    return killed;
  }

  function powerOn(machine: SimulatedMachine): Act {
    const { nodeBootSeconds, nodeBootJitterSeconds } = world.settings;
    machine.change({ powered: true, frozen: false, runtimeRunning: true });
    const bootMs = (nodeBootSeconds + nodeBootJitterSeconds * draw(machine, "boot time")) * 1000;
    machine.schedule(bootMs, () => machine.change({ kubeletRunning: true }));
    return { evidence: `${machine.node} boots` };
  }

  /**
   * With graceful shutdown the kubelet ends the pods first, as long as its grace lasts. Without, the default, systemd
   * ends kubelet and containers side by side: nobody is left to report, and the guests are gone within a second.
   */
  function shutDown(machine: SimulatedMachine): Act {
    const graceMs = world.settings.shutdownGracePeriodSeconds * 1000;
    if (graceMs === 0) {
      machine.change({ kubeletRunning: false });
      machine.schedule(200 + 700 * draw(machine, "systemd stop"), () => machine.change({ powered: false }));
      return { evidence: `systemd of ${machine.node} stops its kubelet and all containers` };
    }
    kubelets.get(machine.node)!.shutDown(graceMs);
    const deadlineMs = world.clock.now() + graceMs;
    const offWhenDone = (): void => {
      if (machine.processes.size > 0 && world.clock.now() < deadlineMs) machine.schedule(1000, offWhenDone);
      else machine.change({ powered: false, kubeletRunning: false });
    };
    machine.schedule(1000, offWhenDone);
    return { evidence: `the kubelet of ${machine.node} ends its pods within ${graceMs / 1000} s` };
  }

  function draw(machine: SimulatedMachine, what: string): number {
    return world.random.fraction(machine.node, machine.boot, what);
  }
}
