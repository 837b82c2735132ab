import type { ComponentName } from "../cluster/cluster.ts";
import type { Fault } from "./fault.ts";
import { hitAll } from "./hit.ts";

export interface ComponentStopOptions {
  component: ComponentName;
}

/** Keeps a component of KubeVirt from doing anything, on every node; the revert starts it again. */
export function componentStop({ component }: ComponentStopOptions): Fault {
  return {
    name: "component-stop",
    parameters: { component },
    scope: "cluster",
    sharing: "independent",
    summary: `${component} is away`,
    needs: ["component"],
    unfit: () => null,
    targets: () => [component],
    inject: ({ actuators }, victims) => hitAll(victims, () => actuators.stopComponent(component)),
    revert: async ({ actuators }) => {
      await actuators.startComponent(component);
    },
  };
}
