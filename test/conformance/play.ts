import type { JournalEntry, JournalLine } from "../../src/observe/journal.ts";
import { createSimulation } from "../../src/simulator/create-simulation.ts";
import { Acts } from "./acts.ts";
import type { Answer } from "./operator.ts";
import { actionsOf, type Recording } from "./recording.ts";
import { Subjects } from "./subjects.ts";

const watched = [
  "nodes",
  "pods",
  "events",
  "poddisruptionbudgets",
  "virtualmachines",
  "virtualmachineinstances",
  "virtualmachineinstancemigrations",
  "virtualmachineinstancereplicasets",
];

/** How long the simulated cluster goes on after the recording ended, in seconds: what comes late there is no loss. */
const overtimeSeconds = 90;

/** The journal of a simulated cluster to which was done what the recording says, at the same instants. */
export async function play(recording: Recording, seed: number): Promise<JournalLine[]> {
  const { workers, cpusPerWorker, memoryBytesPerWorker, settings } = recording;
  const epochMs = Date.parse(recording.lines[0]!.wall) - recording.lines[0]!.at * 1000;
  const simulation = createSimulation({ seed, workers, cpusPerWorker, memoryBytesPerWorker, settings, epochMs });
  const { clock, store } = simulation;
  const real = new Subjects();
  const simulated = new Subjects();
  const lines: JournalLine[] = [];
  const write = (entry: JournalEntry): void => {
    lines.push({ at: clock.now() / 1000, wall: clock.wall().toISOString(), ...entry });
  };
  for (const resource of watched) {
    for (const object of store.list(resource)) {
      simulated.keyOf(resource, object);
      write({ kind: "watch", verb: "LISTED", resource, object });
    }
  }
  store.subscribe(({ verb, resource, object }) => {
    if (!watched.includes(resource)) return;
    simulated.keyOf(resource, object);
    write({ kind: "watch", verb, resource, object });
  });
  const lastAsked = new Map<string, number>();
  simulation.onAnswer(({ vmiUid, name, bootId }) => {
    const now = clock.now() / 1000;
    const lastOfPrevious = lastAsked.get(vmiUid) ?? null;
    lastAsked.set(vmiUid, now);
    write({ kind: "sample", vm: name, uid: vmiUid, ok: bootId !== null, bootId, asked: now, lastOfPrevious });
  });
  store.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: "lab" } });
  const acts = new Acts(simulation, real, simulated);

  /** The model's time goes on to that second; what the operator has to do in between gets done. */
  const advance = async (seconds: number): Promise<void> => {
    for (let next = clock.nextAt(); next !== undefined && next <= seconds * 1000; next = clock.nextAt()) {
      clock.step();
      await acts.operator.settle();
    }
    clock.advanceTo(seconds * 1000);
  };

  let learnt = 0;
  for (const action of actionsOf(recording)) {
    for (; learnt < action.line; learnt++) {
      const line = recording.lines[learnt]!;
      if (line.kind === "watch") real.keyOf(line.resource, line.object);
    }
    await advance(action.at);
    const said = acts.translated(action);
    write({ ...said, phase: "start" });
    let answer: Answer;
    try {
      answer = await acts.repeat(action);
    } catch (error) {
      answer = { refused: `not done: ${(error as Error).message}` };
    }
    write({ ...said, phase: "end", result: answer === "done" ? answer : `ERR: ${answer.refused}` });
  }
  await advance(recording.endsAt + overtimeSeconds);
  return lines;
}
