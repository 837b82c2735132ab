import type { Pod } from "../kube/objects.ts";
import { staticComponents, type ControlPlane, type StaticComponent } from "./control-plane.ts";
import type { KubeVirt } from "./kubevirt/kubevirt.ts";
import { leaderPatienceMs } from "./leader-election.ts";
import type { ComponentName, Hands } from "./simulation.ts";
import type { World } from "./world.ts";

export type ComponentHands = Pick<
  Hands,
  "killComponent" | "stopComponent" | "startComponent" | "cutApi" | "slowApi" | "restoreApi"
>;

/** Hands on the control plane's processes: what someone with a shell on their nodes can do. */
export function componentHands(world: World, controlPlane: ControlPlane, kubeVirt: KubeVirt): ComponentHands {
  return {
    killComponent: (component, node) => {
      if (isStatic(component)) {
        if (!world.up(component)) throw new Error(`${component} does not run`);
        controlPlane.kill(component);
        return { evidence: `${component} is killed` };
      }
      const killed = kill(component, node);
      if (killed.length === 0) throw new Error(`${component} does not run${node === undefined ? "" : ` on ${node}`}`);
      return { evidence: `${component} is killed in ${killed.join(", ")}` };
    },
    stopComponent: (component, node) => {
      hold(component, node, true);
      return { evidence: `${component} does nothing${node === undefined ? "" : ` on ${node}`}` };
    },
    startComponent: (component, node) => {
      hold(component, node, false);
      return { evidence: `${component} may work again${node === undefined ? "" : ` on ${node}`}` };
    },
    cutApi: () => {
      world.setApiCut(true);
      return { evidence: "nobody in the cluster reaches the API server" };
    },
    slowApi: (delayMs) => {
      if (delayMs >= leaderPatienceMs) {
        throw new Error(
          `leaders give up on an API server that takes ${delayMs} ms: the model knows that as a cut only`,
        );
      }
      world.apiDelayMs = delayMs;
      return { evidence: `the API server takes ${delayMs} ms longer` };
    },
    restoreApi: () => {
      world.apiDelayMs = 0;
      world.setApiCut(false);
      return { evidence: "everybody in the cluster reaches the API server" };
    },
  };

  function hold(component: ComponentName, node: string | undefined, held: boolean): void {
    if (isStatic(component)) controlPlane.hold(component, held);
    else if (component === "virt-handler") {
      for (const name of node === undefined ? world.machines.keys() : [node]) kubeVirt.handlers.hold(name, held);
    } else kubeVirt.components.hold(component, held);
  }

  /** The names of the pods whose main process was there to kill. */
  function kill(component: ComponentName, node: string | undefined): string[] {
    const killed: string[] = [];
    for (const pod of world.store.list<Pod>("pods", "kubevirt")) {
      const { uid, name, labels } = pod.metadata;
      const on = pod.spec.nodeName ?? "";
      if (labels?.["kubevirt.io"] !== component || (node !== undefined && on !== node)) continue;
      const machine = world.machines.get(on);
      const process = machine?.processes.get(`${uid}/${component}`);
      if (machine?.alive !== true || process === undefined) continue;
      process.signal("SIGKILL");
      killed.push(name);
    }
    return killed;
  }
}

function isStatic(component: ComponentName): component is StaticComponent {
  return (staticComponents as readonly string[]).includes(component);
}
