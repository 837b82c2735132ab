import type { Actuators, Capability } from "../cluster.ts";
import type { NodeShell } from "../node-shell.ts";
import type { HandTools } from "./act.ts";
import { cutApi, restoreApi, slowApi } from "./api-server.ts";
import { startComponent, stopComponent } from "./components.ts";
import { oomKill } from "./container-memory.ts";
import { fencedShell } from "./fence.ts";
import { exhaustGuest, hangGuest, panicGuest } from "./guest-kernel.ts";
import { closePort, openPort } from "./guest-port.ts";
import { powerOffGuest, rebootGuest } from "./guest-power.ts";
import { fillMemory, releaseMemory } from "./node-memory.ts";
import { cutOff, joinAgain } from "./partition.ts";
import { killProcess } from "./processes.ts";
import { startService, stopService } from "./services.ts";

/** What differs from one kind of real cluster to the next: how a machine is switched. */
type Power = "powerOff" | "powerOn" | "shutDown" | "freeze" | "thaw";

/** The hands that reach through a shell on the nodes: the same on every real cluster. */
export function shellHands(reach: HandTools): Omit<Actuators, Power | "unsupported"> {
  const tools = { ...reach, shell: fencedShell(reach.shell) };
  return {
    disconnect: (node) => cutOff(tools, node),
    connect: (node) => joinAgain(tools, node),
    fillMemory: (node, leftBytes) => fillMemory(tools, node, leftBytes),
    releaseMemory: (node) => releaseMemory(tools, node),
    stopKubelet: (node) => stopService(tools, node, "kubelet"),
    startKubelet: (node) => startService(tools, node, "kubelet"),
    stopRuntime: (node) => stopService(tools, node, "containerd"),
    startRuntime: (node) => startService(tools, node, "containerd"),
    stopComponent: (component) => stopComponent(tools, component),
    startComponent: (component) => startComponent(tools, component),
    cutApi: () => cutApi(tools),
    slowApi: (delayMs) => slowApi(tools, delayMs),
    restoreApi: () => restoreApi(tools),
    killQemu: (vmi) => killProcess(tools, vmi, "qemu"),
    killLauncher: (vmi) => killProcess(tools, vmi, "virt-launcher"),
    killLibvirt: (vmi) => killProcess(tools, vmi, "virtqemud"),
    powerOffGuest: (vmi) => powerOffGuest(tools, vmi),
    rebootGuest: (vmi) => rebootGuest(tools, vmi),
    panicGuest: (vmi) => panicGuest(tools, vmi),
    hangGuest: (vmi) => hangGuest(tools, vmi),
    exhaustGuest: (vmi) => exhaustGuest(tools, vmi),
    oomKill: (vmi) => oomKill(tools, vmi),
    closePort: (vmi, port) => closePort(tools, vmi, port),
    openPort: (vmi, port) => openPort(tools, vmi, port),
  };
}

/** Of the kernel's, to delay packets with. */
const netem = "netem";

/** Programs that a node must have for what its hands do through a shell on it. */
const programs: Partial<Record<Capability, string[]>> = {
  "node-network": ["iptables", "ip"],
  "node-memory": ["mount", "umount", "fallocate"],
  kubelet: ["systemctl"],
  "container-runtime": ["systemctl"],
  component: ["systemctl", "systemd-run"],
  "api-server": ["systemctl", "iptables", "ip"],
  "api-delay": ["tc", netem],
  "guest-port": ["nsenter", "iptables", "ip6tables", "ebtables"],
  "guest-power": ["nsenter"],
  "container-oom": ["nsenter"],
  "panic-guest": ["nsenter"],
  "hang-guest": ["nsenter"],
  "guest-memory": ["nsenter"],
};

/** What switches a machine goes by no shell. */
const switches: Capability[] = ["node-power", "node-shutdown", "node-freeze"];

/** Whatever is done through the shell is fenced. */
const fencedBy = "flock";

/** In a network of its own, which ends with the question. */
const which = `
for program; do
  case $program in
    ${netem}) unshare -n tc qdisc add dev lo root netem delay 1ms ;;
    *) command -v "$program" ;;
  esac >/dev/null 2>&1 || echo "$program"
done
`;

/** What cannot be done through the shell, by looking at what one node has: the sentence that says why, or null. */
export async function missingPrograms(
  shell: NodeShell,
  node: string,
): Promise<(capability: Capability) => string | null> {
  const all = [...new Set([fencedBy, ...Object.values(programs).flat()])];
  const { stdout } = await shell.run(node, which, all);
  const missing = stdout.split("\n").filter(Boolean);
  return (capability) => {
    const needed = switches.includes(capability) ? [] : [fencedBy, ...(programs[capability] ?? [])];
    const lacks = needed.filter((program) => missing.includes(program));
    return lacks.length === 0 ? null : `node ${node} has no ${lacks.join(", no ")}`;
  };
}
