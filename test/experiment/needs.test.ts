import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKubeClient } from "../../src/cluster/api-client.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedActuators } from "../../src/cluster/simulated/actuators.ts";
import { inProcessTransport } from "../../src/cluster/simulated/in-process-transport.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import { VirtualClock } from "../../src/cluster/simulated/virtual-clock.ts";
import { needsOf } from "../../src/experiment/needs.ts";
import { prepare, type Prepared } from "../../src/experiment/prepare.ts";
import { runExperiment } from "../../src/experiment/run-experiment.ts";
import { grantsOf, type Grant, type Permission } from "../../src/kube/permission.ts";
import { JournalWriter } from "../../src/observe/journal-writer.ts";
import { memoryJournal } from "../../src/safety/undo-journal.ts";
import { createSimulation } from "../../src/simulator/create-simulation.ts";
import { grantFor } from "../kube/grant-for.ts";

const keyOf = ({ group, resource, verb }: Grant): string => `${verb} ${resource}.${group}`;

/** Runs an experiment as on somebody's cluster, and returns what it asked of the API server. */
async function asksOf({ plan, ...deeds }: Prepared, folder: string): Promise<Grant[]> {
  const simulation = createSimulation({ seed: 1, workers: 3 });
  const clock = new VirtualClock(simulation.clock);
  const asked = new Map<string, Grant>();
  const transport = inProcessTransport((request) => {
    const grant = grantFor(request.method, request.path);
    if (grant !== null) asked.set(`${keyOf(grant)} ${grant.namespace}`, grant);
    return simulation.api.handle(request);
  }, clock);
  await using cluster: Cluster = {
    description: plan.cluster,
    clock,
    kube: await createKubeClient(transport, clock),
    actuators: simulatedActuators(simulation.hands, clock),
    startProber: () => Promise.resolve(null),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
  const journal = new JournalWriter(join(folder, `${plan.id}.jsonl`), clock);
  const { signal } = new AbortController();
  await runExperiment(plan, deeds, {
    cluster,
    journal,
    logs: join(folder, "logs"),
    undoJournal: memoryJournal(),
    signal,
    onProgress: () => {},
  });
  return [...asked.values()];
}

/** An experiment for each fault with each course of remedies. */
async function catalogue(): Promise<Prepared[]> {
  await using simulated = await simulatedCluster({ seed: 1, nodes: 3 });
  const { describeWith: _, ...found } = simulated;
  const description = { ...simulated.description, provider: "existing" as const, prediction: false };
  const everything = { scenarios: [], vmFiles: [], grep: null, fault: null, remedy: null, practice: null };
  const prepared = await prepare(
    { ...everything, siteRules: null, isolate: false, shard: null, seed: 1, repeat: 1 },
    { ...found, description },
  );
  const kinds = Map.groupBy(
    prepared.filter(({ plan }) => plan.skip === null),
    ({ fault, remedies }) => [fault.name, ...remedies.map(({ name }) => name)].join(" "),
  );
  return [...kinds.values()].map(([first]) => first!);
}

describe("what experiments ask of the API server", function () {
  this.timeout(300_000);
  let folder: string;
  let runs: { prepared: Prepared; asked: Grant[] }[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rebound-needs-"));
    runs = [];
    for (const prepared of await catalogue()) runs.push({ prepared, asked: await asksOf(prepared, folder) });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is what each declares, and nothing beside", () => {
    for (const { prepared, asked } of runs) {
      const { namespace, id } = prepared.plan;
      const grants = grantsOf(needsOf(prepared), namespace);
      const isGranted = (request: Grant): boolean =>
        grants.some((grant) => keyOf(grant) === keyOf(request) && [null, request.namespace].includes(grant.namespace));
      const beyond = asked.filter((request) => !isGranted(request));
      assert.deepEqual(beyond, [], `${id} asks for what it does not declare`);
    }
  });

  it("is all used: what every experiment needs by each of them, what a fault or a remedy needs by some", () => {
    const usedBySome = new Set(runs.flatMap(({ asked }) => asked.map(keyOf)));
    for (const { prepared, asked } of runs) {
      const used = new Set(asked.map(keyOf));
      const { fault, remedies, ...rest } = prepared;
      const bare: Prepared = { ...rest, fault: { ...fault, asks: [] }, remedies: [] };
      const unused = grantsOf(needsOf(bare), prepared.plan.namespace).filter((grant) => !used.has(keyOf(grant)));
      assert.deepEqual(unused, [], `${prepared.plan.id} declares what it does not ask`);
      const asks: Permission[] = [fault, ...remedies].flatMap((each) => each.asks ?? []);
      const never = grantsOf(asks, "x").filter((grant) => !usedBySome.has(keyOf(grant)) && !isOfTheUnlikely(grant));
      assert.deepEqual(never, [], `${fault.name} declares what nobody asks`);
    }
  });
});

/** Kubernetes names KubeVirt's longer subresources by their first word; a mark is taken back only where one was left. */
function isOfTheUnlikely({ resource }: Grant): boolean {
  return resource.startsWith("virtualmachineinstances/evacuate");
}
