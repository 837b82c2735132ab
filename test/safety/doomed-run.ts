import { readFileSync } from "node:fs";
import { join } from "node:path";
import { registerModuleHooks } from "../../src/cli/module-hooks.ts";
import { defaultClusterConfig } from "../../src/cluster/existing/cluster-config.ts";
import { existingCluster } from "../../src/cluster/existing/existing-cluster.ts";
import { simulatedContext } from "../../src/cluster/simulated/kubeconfig.ts";
import { loadScenarios } from "../../src/experiment/load-scenarios.ts";
import { planExperiment } from "../../src/experiment/plan-experiment.ts";
import { runExperiment } from "../../src/experiment/run-experiment.ts";
import { JournalWriter } from "../../src/observe/journal-writer.ts";
import { claimCluster } from "../../src/safety/claim.ts";
import type { UndoJournal } from "../../src/safety/undo-journal.ts";
import { fastClock } from "./fast-clock.ts";

/** Runs an experiment on a served cluster, and kills itself before or after the so-manieth line of its undo journal. */
async function main(kubeconfig: string, killAt: number): Promise<void> {
  registerModuleHooks();
  const speed = Number(process.env["DOOMED_SPEED"]);
  const servedMs = Number(process.env["DOOMED_SERVED"]);
  const choice = {
    provider: "existing" as const,
    context: simulatedContext,
    kubeconfig: readFileSync(kubeconfig, "utf8"),
    // The model runs no programs in its pods.
    config: { ...defaultClusterConfig, prober: null },
  };
  const words = { provider: "existing" as const, context: simulatedContext, kubeconfig };
  const beginning = { run: `doomed${killAt}`, at: new Date().toISOString(), cluster: words };
  // On the machine's own time: a busy one would lose a lease that is as fast as the cluster.
  await using claim = await claimCluster(beginning, () => existingCluster(choice, 0));
  const cluster = {
    ...(await existingCluster(choice, 0)),
    clock: fastClock(speed, servedMs),
    refuses: async () => null,
  };
  const [declared] = await loadScenarios([join(import.meta.dirname, "doomed.scenario.ts")]);
  const { scenario, experiment } = declared!;
  const plan = planExperiment(experiment, cluster, { scenario, seed: 1, repeat: 1, site: [], only: () => true });
  const end = await runExperiment(
    plan,
    { fault: experiment.fault, remedies: experiment.remedies ?? [] },
    {
      cluster,
      journal: new JournalWriter(process.env["DOOMED_JOURNAL"]!, cluster.clock),
      undoJournal: killing(claim.journal, killAt),
      logs: null,
      signal: new AbortController().signal,
      onProgress: () => {},
    },
  );
  await cluster[Symbol.asyncDispose]();
  if (end.status !== "complete") throw new Error(end.reason);
}

function killing(journal: UndoJournal, killAt: number): UndoJournal {
  let moment = 0;
  const dieIfDue = (): void => {
    if (moment++ === killAt) process.kill(process.pid, "SIGKILL");
  };
  const around = async (write: () => Promise<void>): Promise<void> => {
    dieIfDue();
    await write();
    dieIfDue();
  };
  return {
    run: journal.run,
    register: (registered) => around(() => journal.register(registered)),
    markDone: (id) => around(() => journal.markDone(id)),
  };
}

const [, , kubeconfig, killAt] = process.argv;
await main(kubeconfig!, Number(killAt));
