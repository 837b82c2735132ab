import type { ComponentName } from "../cluster/cluster.ts";
import type { Fault } from "./fault.ts";

/** The same fault while a component of the platform is away; the revert brings that back too. */
export function without(component: ComponentName, fault: Fault): Fault {
  return {
    ...fault,
    parameters: { ...fault.parameters, without: component },
    summary: `${fault.summary}, while ${component} is away`,
    needs: [...fault.needs, "component"],
    targets: (victims) => [component, ...fault.targets(victims)],
    inject: async (cluster, victims) => {
      await cluster.actuators.stopComponent(component);
      return fault.inject(cluster, victims);
    },
    revert: async (cluster, victims) => {
      await cluster.actuators.startComponent(component);
      await fault.revert(cluster, victims);
    },
  };
}
