import { realClock } from "../../../src/clock/real-clock.ts";
import { findContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { remakeFault } from "../../../src/faults/remake.ts";
import { FileJournal } from "../../../src/safety/file-journal.ts";
import { findWrittenFault } from "../../../src/safety/find-fault.ts";
import { UndoStack } from "../../../src/safety/undo-stack.ts";
import { revertFault } from "../../../src/safety/undo-step.ts";
import { doomedCluster, doomedVictim } from "./doomed-cluster.ts";

/** Injects a fault and reverts it, and kills itself so many milliseconds after a moment of that began. */
async function main(name: string, faultName: string, parameters: string, moment: string, afterMs: number) {
  const die = (): void => process.kill(process.pid, "SIGKILL") as unknown as void;
  const dieIn = (now: string): void => {
    if (moment === now) setTimeout(die, afterMs);
  };
  const cluster = await doomedCluster(await findContainerRuntime(realClock()), name);
  const victims = [doomedVictim(name)];
  const fault = remakeFault(faultName, JSON.parse(parameters) as Record<string, unknown>)!;
  const journal = FileJournal.begin(`kind-${name}`, {
    run: "doomed",
    at: new Date().toISOString(),
    cluster: { provider: "kind", name },
  });
  const undo = new UndoStack(cluster, journal, findWrittenFault);
  await undo.push(revertFault(fault, victims, null));
  if (moment === "written") die();
  dieIn("injecting");
  const [hit] = await fault.inject(cluster, victims);
  if (hit?.receipt == null) throw new Error(hit?.reason);
  if (moment === "injected") die();
  dieIn("reverting");
  await undo.unwind();
  die();
}

const [, , name, fault, parameters, moment, afterMs] = process.argv;
await main(name!, fault!, parameters!, moment!, Number(afterMs));
