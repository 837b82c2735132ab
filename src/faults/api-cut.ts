import type { Fault } from "./fault.ts";
import { hitAll } from "./hit.ts";

/** Cuts the API server off from everything that runs in the cluster; Rebound goes on seeing what it holds. */
export function apiCut(): Fault {
  return {
    name: "api-cut",
    parameters: {},
    scope: "cluster",
    sharing: "independent",
    summary: "nothing in the cluster reaches the API server",
    needs: ["api-server"],
    unfit: () => null,
    targets: () => ["the API server"],
    inject: ({ actuators }, victims) => hitAll(victims, () => actuators.cutApi()),
    revert: async ({ actuators }) => {
      await actuators.restoreApi();
    },
  };
}
