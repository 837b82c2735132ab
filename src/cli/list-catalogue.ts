import { z } from "zod";
import { builtInScenarios, loadScenarios } from "../experiment/load-scenarios.ts";
import { exitCodes } from "../errors.ts";
import { faults } from "../faults/catalogue.ts";
import { columns } from "./columns.ts";
import { checkOptions } from "./options.ts";
import { hasColours } from "./terminal.ts";

const options = z.object({ what: z.enum(["scenarios", "faults"]).optional(), json: z.boolean() });

interface ListedScenario {
  name: string;
  experiments: { id: string; title: string; fault: string; victims: number; bystanders: number }[];
}

/** Prints what there is; returns the exit code. */
export async function list(argv: unknown): Promise<number> {
  const { what, json } = checkOptions(options, argv);
  const catalogue = {
    ...(what !== "faults" && { scenarios: await listScenarios() }),
    ...(what !== "scenarios" && {
      faults: faults.map(({ name, summary, parameters }) => ({ name, summary, parameters })),
    }),
  };
  if (json) {
    process.stdout.write(JSON.stringify(catalogue, null, 2) + "\n");
    return exitCodes.green;
  }
  const tables = [
    catalogue.scenarios && scenarioTable(catalogue.scenarios),
    catalogue.faults && faultTable(catalogue.faults),
  ];
  process.stdout.write(tables.filter(Boolean).join("\n\n") + "\n");
  return exitCodes.green;
}

async function listScenarios(): Promise<ListedScenario[]> {
  return Promise.all(
    builtInScenarios().map(async ({ name }) => ({
      name,
      experiments: (await loadScenarios([name])).map(({ experiment: { id, title, fault, variants } }) => ({
        id,
        title,
        fault: fault.name,
        victims: variants.filter(({ role }) => role === "victim").length,
        bystanders: variants.filter(({ role }) => role === "bystander").length,
      })),
    })),
  );
}

function scenarioTable(scenarios: ListedScenario[]): string {
  return columns(
    ["scenario", "experiment", "victims", "what it proves"],
    scenarios.flatMap(({ name, experiments }) =>
      experiments.map(({ id, victims, title }, index) => [index === 0 ? name : "", id, String(victims), title]),
    ),
    hasColours(process.stdout),
  );
}

function faultTable(listed: { name: string; summary: string; parameters: Record<string, unknown> }[]): string {
  return columns(
    ["fault", "parameters", "what it does"],
    listed.map(({ name, parameters, summary }) => [
      name,
      Object.entries(parameters)
        .map(([key, value]) => `${key}: ${String(value)}`)
        .join(", "),
      summary,
    ]),
    hasColours(process.stdout),
  );
}
