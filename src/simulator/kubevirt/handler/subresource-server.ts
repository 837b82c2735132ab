import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import type { HandlerAct, VirtHandlers } from "../../api/subresources/instance.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { World } from "../../world.ts";
import type { Handlers } from "../handlers.ts";
import type { Launcher } from "../launcher/launcher.ts";
import type { Launchers } from "../launcher/launchers.ts";

/** virt-api gives a virt-handler that does not answer so long. */
const timeoutSeconds = 10;

/** The server that every virt-handler has for virt-api: pause, unpause, reboot, reset and what the agent tells. */
export class SubresourceServer implements VirtHandlers {
  readonly #world: World;
  readonly #handlers: Handlers;
  readonly #launchers: Launchers;

  constructor(world: World, handlers: Handlers, launchers: Launchers) {
    this.#world = world;
    this.#handlers = handlers;
    this.#launchers = launchers;
  }

  async act(vmi: VirtualMachineInstance, act: HandlerAct): Promise<void> {
    const launcher = await this.#reach(vmi, act);
    const domain = launcher.domain!;
    switch (act) {
      case "pause":
        domain.pause();
        return this.#event(vmi, "Paused", "VirtualMachineInstance paused");
      case "unpause":
        domain.resume();
        return this.#event(vmi, "Unpaused", "VirtualMachineInstance unpaused");
      case "softreboot":
        return domain.guest.softReboot();
      case "reset":
        return domain.reset();
      case "freeze":
      case "unfreeze":
        if (!domain.guest.agentConnected)
          throw new Error("Guest agent is not responding: QEMU guest agent is not connected");
    }
  }

  async guestInfo(vmi: VirtualMachineInstance, what: "guestosinfo" | "userlist" | "filesystemlist"): Promise<object> {
    await this.#reach(vmi, what);
    if (what !== "guestosinfo") {
      const kind = what === "userlist" ? "UserList" : "FileSystemList";
      return { apiVersion: "kubevirt.io/v1", kind: `VirtualMachineInstanceGuestOS${kind}`, items: [], metadata: {} };
    }
    return { hostname: vmi.metadata.name, os: vmi.status["guestOSInfo"] ?? {}, supportedCommands: [] };
  }

  /** Resolves with the VMI's launcher once its node's virt-handler has answered; rejects when it does not. */
  #reach(vmi: VirtualMachineInstance, what: string): Promise<Launcher> {
    const { clock, random } = this.#world;
    const node = vmi.status.nodeName ?? "";
    const wait = (delayMs: number): Promise<void> => new Promise((resolve) => clock.schedule(delayMs, resolve));
    const answers = this.#handlers.on(node) !== undefined && this.#world.machines.get(node)?.reachesCluster === true;
    if (!answers) {
      return wait(timeoutSeconds * 1000).then(() => {
        throw new Error(
          "unable to reach virt-handler: context deadline exceeded (Client.Timeout exceeded while awaiting headers)",
        );
      });
    }
    return wait(random.between(20, 80, vmi.metadata.uid, what, clock.now())).then(() => {
      const launcher = this.#launchers.on(node, vmi.metadata.uid);
      if (launcher?.domain?.live !== true) throw new Error("unable to create virt-launcher client connection");
      return launcher;
    });
  }

  #event(vmi: VirtualMachineInstance, reason: string, message: string): void {
    recordEvent(this.#world, vmi, "Normal", reason, message, "virt-handler", vmi.status.nodeName);
  }
}
