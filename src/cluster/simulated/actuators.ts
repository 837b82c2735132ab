import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { Act, Hands } from "../../simulator/simulation.ts";
import type { Actuators, Receipt } from "../cluster.ts";

/** The model's hands as a cluster's: every act takes no time of its own. */
export function simulatedActuators(hands: Hands, clock: Clock): Actuators {
  const did = async (act: () => Act): Promise<Receipt> => {
    const fromMs = clock.now();
    try {
      const { evidence } = act();
      return { fromMs, toMs: clock.now(), evidence };
    } catch (error) {
      throw new EnvironmentError(messageOf(error), { cause: error });
    }
  };
  return {
    unsupported: () => null,
    powerOff: (node) => did(() => hands.powerOff(node)),
    powerOn: (node) => did(() => hands.powerOn(node)),
    shutDown: (node) => did(() => hands.shutDown(node)),
    freeze: (node) => did(() => hands.freeze(node)),
    thaw: (node) => did(() => hands.thaw(node)),
    disconnect: (node) => did(() => hands.disconnect(node)),
    connect: (node) => did(() => hands.connect(node)),
    fillMemory: (node, leftBytes) => did(() => hands.fillMemory(node, leftBytes)),
    releaseMemory: (node) => did(() => hands.releaseMemory(node)),
    stopKubelet: (node) => did(() => hands.stopKubelet(node)),
    startKubelet: (node) => did(() => hands.startKubelet(node)),
    stopRuntime: (node) => did(() => hands.stopRuntime(node)),
    startRuntime: (node) => did(() => hands.startRuntime(node)),
    stopComponent: (component) => did(() => hands.stopComponent(component)),
    startComponent: (component) => did(() => hands.startComponent(component)),
    cutApi: () => did(() => hands.cutApi()),
    slowApi: (delayMs) => did(() => hands.slowApi(delayMs)),
    restoreApi: () => did(() => hands.restoreApi()),
    killQemu: ({ uid, node }) => did(() => hands.killQemu(uid, node)),
    killLauncher: ({ uid, node }) => did(() => hands.killLauncher(uid, node)),
    killLibvirt: ({ uid, node }) => did(() => hands.killLibvirt(uid, node)),
    powerOffGuest: ({ uid }) => did(() => hands.powerOffGuest(uid)),
    rebootGuest: ({ uid }) => did(() => hands.rebootGuest(uid)),
    panicGuest: ({ uid }) => did(() => hands.panicGuest(uid)),
    hangGuest: ({ uid }) => did(() => hands.hangGuest(uid)),
    exhaustGuest: ({ uid }) => did(() => hands.exhaustGuest(uid)),
    oomKill: ({ uid }) => did(() => hands.oomKill(uid)),
    closePort: ({ uid }, port) => did(() => hands.closePort(uid, port)),
    openPort: ({ uid }, port) => did(() => hands.openPort(uid, port)),
  };
}
