import { EnvironmentError } from "../../errors.ts";
import type { Actuators, Capability, Receipt } from "../cluster.ts";

type Act = Exclude<keyof Actuators, "unsupported">;

/** The acts that each capability is made of. */
const actsOf: Record<Capability, Act[]> = {
  "node-power": ["powerOff", "powerOn"],
  "node-shutdown": ["shutDown"],
  "node-freeze": ["freeze", "thaw"],
  "node-network": ["disconnect", "connect"],
  "node-memory": ["fillMemory", "releaseMemory"],
  kubelet: ["stopKubelet", "startKubelet"],
  "container-runtime": ["stopRuntime", "startRuntime"],
  component: ["stopComponent", "startComponent"],
  "api-server": ["cutApi", "restoreApi"],
  "api-delay": ["slowApi", "restoreApi"],
  "kill-qemu": ["killQemu"],
  "kill-launcher": ["killLauncher"],
  "kill-libvirt": ["killLibvirt"],
  "guest-power": ["powerOffGuest", "rebootGuest"],
  "panic-guest": ["panicGuest"],
  "hang-guest": ["hangGuest"],
  "guest-memory": ["exhaustGuest"],
  "container-oom": ["oomKill"],
  "guest-port": ["closePort", "openPort"],
};

/** The hands that are there as all hands: what lacks one of its acts is unsupported, for the reason given. */
export function limitedHands(present: Partial<Actuators>, why: (capability: Capability) => string): Actuators {
  const unsupported = (capability: Capability): string | null =>
    actsOf[capability].every((act) => present[act] !== undefined) ? null : why(capability);
  const acts = Object.entries(actsOf).flatMap(([capability, names]) =>
    names.map((act): [Act, unknown] => {
      const refuse = async (): Promise<Receipt> => {
        throw new EnvironmentError(`${act}: ${why(capability as Capability)}`);
      };
      return [act, present[act] ?? refuse];
    }),
  );
  return { ...(Object.fromEntries(acts) as Omit<Actuators, "unsupported">), unsupported };
}
