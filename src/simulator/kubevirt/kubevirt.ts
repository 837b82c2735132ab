import type { VirtHandlers } from "../api/subresources/instance.ts";
import type { GuestAnswer } from "../simulation.ts";
import type { World } from "../world.ts";
import { Components } from "./components.ts";
import { startDataVolumes } from "./data-volumes.ts";
import { EvacuationController } from "./evacuation/evacuation-controller.ts";
import { GuestAnswers } from "./guest/answers.ts";
import { guestHands, type GuestHands } from "./guest/hands.ts";
import { SubresourceServer } from "./handler/subresource-server.ts";
import { Handlers } from "./handlers.ts";
import { installKubeVirt } from "./install.ts";
import { startHyperConverged } from "./hyper-converged.ts";
import { InstanceController } from "./instance/instance-controller.ts";
import { Launchers } from "./launcher/launchers.ts";
import { MigrationController } from "./migration/migration-controller.ts";
import { Migrations } from "./migration/migrations.ts";
import { NodeController } from "./node/node-controller.ts";
import { ReplicaSetController } from "./replica-set/replica-set-controller.ts";
import { MachineController } from "./virtual-machine/machine-controller.ts";

/** KubeVirt as its users and its breakers reach it beside the API. */
export interface KubeVirt {
  readonly hands: GuestHands;
  /** virt-controller and virt-api. */
  readonly components: Components;
  readonly handlers: Handlers;
  /** The boot id that the VMI's guest tells to someone off its node now, by default on a port that nobody probes; null where it does not answer. */
  ask(vmiUid: string, port?: number): string | null;
  /** The marker on its disk that it tells along with it. */
  markerOf(vmiUid: string): string | null;
  /** Calls back whenever a guest's answer on that port changes. */
  onAnswer(listener: (answer: GuestAnswer) => void): void;
  /** Calls back whenever a guest's answer on any port may have changed. */
  onTouch(listener: (vmiUid: string) => void): void;
  /** Who serves pause, unpause, soft reboot, reset and the agent's answers to virt-api. */
  readonly virtHandlers: VirtHandlers;
}

/**
 * Puts KubeVirt into that world, installed and ready: its controllers work while `virt-controller` is up, its node
 * agents and launchers are programs of the pods on the machines. The nodes must be there.
 */
export function startKubeVirt(world: World): KubeVirt {
  const components = new Components(world);
  const launchers = new Launchers(world);
  const handlers = new Handlers(world, launchers);
  const answers = new GuestAnswers(launchers);
  const migrations = new Migrations(world);
  new MachineController(world);
  new InstanceController(world, migrations);
  new ReplicaSetController(world);
  new MigrationController(world, migrations);
  new EvacuationController(world, handlers.instances, migrations);
  new NodeController(world, handlers.instances);
  startDataVolumes(world);
  installKubeVirt(world);
  if (world.settings.hyperConverged) startHyperConverged(world);
  return {
    hands: guestHands(world, launchers),
    components,
    handlers,
    ask: (vmiUid, port) => answers.ask(vmiUid, port),
    markerOf: (vmiUid) => answers.markerOf(vmiUid),
    onAnswer: (listener) => answers.onChange(listener),
    onTouch: (listener) => answers.onTouch(listener),
    virtHandlers: new SubresourceServer(world, handlers, launchers),
  };
}
