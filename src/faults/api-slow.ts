import { milliseconds, type Duration } from "../workload/duration.ts";
import type { Fault } from "./fault.ts";
import { hitAll } from "./hit.ts";

export interface ApiSlowOptions {
  /** How much longer everything in the cluster waits for the API server; 2 s by default. Leaders bear less than 5 s. */
  delay?: Duration;
}

/** Makes everything in the cluster wait for the API server; Rebound does not. */
export function apiSlow({ delay = "2s" }: ApiSlowOptions = {}): Fault {
  return {
    name: "api-slow",
    parameters: { delay },
    scope: "cluster",
    sharing: "independent",
    summary: `the API server takes ${delay} longer over everything`,
    needs: ["api-delay"],
    unfit: () => null,
    targets: () => ["the API server"],
    inject: ({ actuators }, victims) => hitAll(victims, () => actuators.slowApi(milliseconds(delay))),
    revert: async ({ actuators }) => {
      await actuators.restoreApi();
    },
  };
}
