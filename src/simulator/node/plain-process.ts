import type { Container, Pod } from "../../kube/objects.ts";
import type { Random } from "../random.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { Exit, Process } from "./process.ts";

/**
 * A program nothing else is known of: an init container ends well by itself soon after its start, any other runs
 * until it is told to end, and obeys at once. Its probes succeed as long as it lives.
 */
export function plainProcess(
  random: Random,
  pod: Pod,
  container: Container,
  machine: SimulatedMachine,
  exited: (exit: Exit) => void,
): Process {
  const end = (afterMs: number, exit: Exit): void => {
    machine.schedule(afterMs, () => exited(exit));
  };
  const what = [pod.metadata.uid, container.name, machine.boot] as const;
  const initContainers = (pod.spec["initContainers"] ?? []) as Container[];
  if (initContainers.some((one) => one.name === container.name) && container["restartPolicy"] !== "Always") {
    end(random.between(30, 250, ...what, "run"), { code: 0, reason: "Completed" });
  }
  return {
    signal: (signal) =>
      signal === "SIGKILL"
        ? end(0, { code: 137, reason: "Error" })
        : end(random.between(20, 200, ...what, "end"), { code: 0, reason: "Completed" }),
    probe: () => "success",
    memory: () => 16 * 2 ** 20,
  };
}
