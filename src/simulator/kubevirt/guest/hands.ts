import type { Act, Hands } from "../../simulation.ts";
import type { World } from "../../world.ts";
import type { Domain } from "../launcher/domain.ts";
import type { Launcher } from "../launcher/launcher.ts";
import type { Launchers } from "../launcher/launchers.ts";

/** The part of the hands that reaches guests, their qemu and their launcher. */
export type GuestHands = Pick<
  Hands,
  | "killQemu"
  | "killLauncher"
  | "killLibvirt"
  | "panicGuest"
  | "powerOffGuest"
  | "rebootGuest"
  | "hangGuest"
  | "exhaustGuest"
  | "oomKill"
  | "closePort"
  | "openPort"
>;

/** Hands on guests; each throws an Error where there is no live guest to lay them on. */
export function guestHands(world: World, launchers: Launchers): GuestHands {
  const launcherOf = (vmiUid: string, node?: string): Launcher => {
    const launcher = node === undefined ? launchers.of(vmiUid) : launchers.on(node, vmiUid);
    if (launcher?.alive !== true) {
      throw new Error(`no virt-launcher runs for VMI ${vmiUid}${node === undefined ? "" : ` on ${node}`}`);
    }
    if (!launcher.machine.alive) throw new Error(`node ${launcher.machine.node} does nothing: it is frozen`);
    return launcher;
  };
  const domainOf = (vmiUid: string): Domain => {
    const { domain } = launcherOf(vmiUid);
    if (domain?.live !== true) throw new Error(`no qemu runs for VMI ${vmiUid}`);
    return domain;
  };
  const onGuest =
    (evidence: string, act: (domain: Domain) => void) =>
    (vmiUid: string): Act => {
      act(domainOf(vmiUid));
      return { evidence };
    };
  return {
    killQemu: (vmiUid, node) => {
      if (!launcherOf(vmiUid, node).killQemu()) throw new Error(`no qemu runs for VMI ${vmiUid}`);
      return { evidence: "qemu is gone" };
    },
    killLauncher: (vmiUid, node) => {
      launcherOf(vmiUid, node).killMainProcess();
      return { evidence: "virt-launcher is gone" };
    },
    killLibvirt: (vmiUid, node) => {
      launcherOf(vmiUid, node).killLibvirt();
      return { evidence: "virtqemud is gone" };
    },
    panicGuest: onGuest("the guest's kernel panicked", (domain) => domain.guest.panic()),
    powerOffGuest: onGuest("the guest switched itself off", (domain) => domain.guest.powerOff()),
    rebootGuest: onGuest("the guest reboots", (domain) => domain.guest.reboot()),
    hangGuest: onGuest("the guest's kernel does nothing more", (domain) => domain.guest.hang()),
    exhaustGuest: onGuest("the guest's kernel killed what served in it", (domain) => domain.guest.exhaust()),
    oomKill: (vmiUid) => {
      domainOf(vmiUid);
      const launcher = launcherOf(vmiUid);
      world.runtimes.get(launcher.machine.node)!.outOfMemory(launcher.pod.metadata.uid, "compute");
      return { evidence: `compute of pod ${launcher.pod.metadata.name} ran out of memory, the kernel killed in it` };
    },
    closePort: (vmiUid, port) => {
      domainOf(vmiUid).guest.closePort(port);
      return { evidence: `the guest refuses port ${port}` };
    },
    openPort: (vmiUid, port) => {
      domainOf(vmiUid).guest.openPort(port);
      return { evidence: `the guest serves port ${port}` };
    },
  };
}
