import type { ComponentName } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import { componentStop } from "./component-stop.ts";
import type { Fault } from "./fault.ts";

/**
 * A fault while another lasts: `background` is injected first, and what is measured begins with `fault`. The revert
 * takes both back, the background first: taking back the other may need it gone.
 */
export function during(background: Fault, fault: Fault): Fault {
  return {
    ...fault,
    parameters: { ...fault.parameters, during: { fault: background.name, ...background.parameters } },
    // Whoever is hit together must be together.
    scope: background.scope === "node" ? "node" : fault.scope,
    summary: `${fault.summary}, while ${background.summary}`,
    needs: [...fault.needs, ...background.needs],
    asks: [...(fault.asks ?? []), ...(background.asks ?? [])],
    unfit: (variant) => fault.unfit(variant) ?? background.unfit(variant),
    targets: (victims) => [...new Set([...background.targets(victims), ...fault.targets(victims)])],
    inject: async (cluster, victims) => {
      const failed = (await background.inject(cluster, victims)).find(({ receipt }) => receipt === null);
      if (failed !== undefined) throw new EnvironmentError(`${background.name} could not be done: ${failed.reason}`);
      return fault.inject(cluster, victims);
    },
    revert: async (cluster, victims) => {
      await background.revert(cluster, victims);
      await fault.revert(cluster, victims);
    },
  };
}

/** The same fault while a component of KubeVirt is away. */
export function without(component: ComponentName, fault: Fault): Fault {
  return during(componentStop({ component }), fault);
}
