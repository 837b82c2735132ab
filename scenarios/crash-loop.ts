import { everyRunStrategy, experiment, vmCrash } from "rebound";

/** Practice "Virtual machine crash", again and again: a VM that ran is started anew without delay, however often. */
export default experiment({
  id: "vm-crash-repeated",
  title: "A VM that crashes three times in a row, each time once it runs, comes back as fast as after one crash",
  practices: ["run-strategy", "vm-crash"],
  fault: vmCrash({ times: 3 }),
  variants: everyRunStrategy(),
});
