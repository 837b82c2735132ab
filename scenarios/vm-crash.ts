import { everyStrategy, experiment, vmCrash } from "rebound";

/** Practice "Virtual machine crash": a VM that ends unexpectedly is started again, if its run strategy says so. */
export default experiment({
  id: "vm-crash",
  title: "A crashed VM comes back under Always and RerunOnFailure, and stays down under Manual and Once",
  practices: ["run-strategy", "vm-crash"],
  fault: vmCrash(),
  variants: everyStrategy(),
});
