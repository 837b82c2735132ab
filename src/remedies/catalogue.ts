import { deleteNode } from "./delete-node.ts";
import { drainNext } from "./drain-next.ts";
import { forceDelete } from "./force-delete.ts";
import { nodeHealthCheck } from "./node-health-check.ts";
import { outOfServiceTaint } from "./out-of-service-taint.ts";
import type { Remedy } from "./remedy.ts";
import { uncordon } from "./uncordon.ts";
import { virtctlMigrate } from "./virtctl-migrate.ts";

/** Every remedy. That a fault is over (a node returns) is the fault's own revert. */
export const remedies: readonly Remedy[] = [
  virtctlMigrate(),
  forceDelete(),
  outOfServiceTaint(),
  deleteNode(),
  nodeHealthCheck(),
  uncordon(),
  drainNext(),
];
