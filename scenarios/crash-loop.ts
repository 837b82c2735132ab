import { everyRunStrategy, experiment, startCrash, vm, vmCrash } from "rebound";

const restarted = [vm("always", { runStrategy: "Always" }), vm("rerun", { runStrategy: "RerunOnFailure" })];

/**
 * Practice "Virtual machine crash", again and again: a VM that ran is started anew without delay, however often; one that
 * fails before it runs waits longer each time, and what it has waited is forgotten once it runs.
 */
export default [
  experiment({
    id: "vm-crash-repeated",
    title: "A VM that crashes three times in a row, each time once it runs, comes back as fast as after one crash",
    practices: ["run-strategy", "vm-crash"],
    fault: vmCrash({ times: 3 }),
    variants: everyRunStrategy(),
  }),
  ...[1, 2, 3].map((times) =>
    experiment({
      id: `start-crash-${times}`,
      title: `A VM whose start fails ${["once", "twice", "three times"][times - 1]} waits ${10 * times ** 2} s and more before the next`,
      practices: ["run-strategy", "vm-crash"],
      fault: startCrash({ times }),
      variants: restarted,
    }),
  ),
  experiment({
    id: "start-crash-then-crash",
    title:
      "A VM whose starts failed and that then ran is started without delay after a crash: its back-off is forgotten",
    practices: ["run-strategy", "vm-crash"],
    fault: startCrash({ times: 2, thenCrash: true }),
    variants: restarted,
  }),
];
