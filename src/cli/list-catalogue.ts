import { z } from "zod";
import { builtInScenarios, loadScenarios } from "../experiment/load-scenarios.ts";
import { exitCodes } from "../errors.ts";
import type { Row } from "../experiment/expectations/row.ts";
import { platformRules } from "../experiment/expectations/table.ts";
import { faults } from "../faults/catalogue.ts";
import { practices } from "../practices/catalogue.ts";
import { remedies } from "../remedies/catalogue.ts";
import { columns } from "./columns.ts";
import { checkOptions } from "./options.ts";
import { hasColours } from "./terminal.ts";

const kinds = ["scenarios", "faults", "remedies", "practices", "rules"] as const;
const options = z.object({ what: z.enum(kinds).optional(), json: z.boolean() });

/** What a table shows of a thing that is listed, and what JSON does. */
interface Listing {
  head: string[];
  rows: string[][];
  json: object[];
}

/** Prints what there is; returns the exit code. */
export async function list(argv: unknown): Promise<number> {
  const { what, json } = checkOptions(options, argv);
  const asked = what === undefined ? kinds : [what];
  const listings = await Promise.all(asked.map(async (kind) => [kind, await listers[kind]()] as const));
  if (json) {
    const catalogue = Object.fromEntries(listings.map(([kind, listing]) => [kind, listing.json]));
    process.stdout.write(JSON.stringify(catalogue, null, 2) + "\n");
    return exitCodes.green;
  }
  const colour = hasColours(process.stdout);
  const tables = listings.map(([, { head, rows }]) => columns(head, rows, colour));
  process.stdout.write(tables.join("\n\n") + "\n");
  return exitCodes.green;
}

const listers: Record<(typeof kinds)[number], () => Promise<Listing>> = {
  scenarios: async () => {
    const listed = await listScenarios();
    return {
      head: ["scenario", "experiment", "victims", "what it proves"],
      rows: listed.flatMap(({ name, experiments }) =>
        experiments.map(({ id, victims, title }, index) => [index === 0 ? name : "", id, String(victims), title]),
      ),
      json: listed,
    };
  },
  faults: () =>
    Promise.resolve({
      head: ["fault", "parameters", "what it does"],
      rows: faults.map(({ name, parameters, summary }) => [name, parametersText(parameters), summary]),
      json: faults.map(({ name, summary, parameters }) => ({ name, summary, parameters })),
    }),
  remedies: () =>
    Promise.resolve({
      head: ["remedy", "what is done"],
      rows: remedies.map(({ name, summary }) => [name, summary]),
      json: remedies.map(({ name, summary }) => ({ name, summary })),
    }),
  rules: () =>
    Promise.resolve({
      head: ["rule", "after", ...ways, "where it is documented"],
      rows: platformRules.map((row) => [
        row.id,
        causeOf(row),
        ...ways.map((way) => row.outcomes[way] ?? "–"),
        row.source,
      ]),
      json: platformRules.map(({ id, source, fault, parameters = {}, during = [], phase, outcomes }) => ({
        id,
        faults: [fault].flat(),
        parameters,
        during: [during].flat(),
        phases: [phase].flat(),
        outcomes,
        source,
      })),
    }),
  practices: async () => {
    const scenarios = await listScenarios();
    const listed = practices.map(({ id, section, promise }) => ({
      id,
      section,
      promise,
      scenarios: scenarios
        .filter(({ experiments }) => experiments.some((experiment) => experiment.practices.includes(id)))
        .map(({ name }) => name),
    }));
    return {
      head: ["practice", "what it promises", "scenarios that test it"],
      rows: listed.map(({ id, promise, scenarios }) => [id, promise, scenarios.join(", ")]),
      json: listed,
    };
  },
};

/** The ways of running a VM that the rules tell apart. */
const ways = ["Always", "RerunOnFailure", "Manual", "Once", "bare", "replicaSet"] as const;

/** `drain during virt-api then uncordon or return`: the faults and phases of which a rule speaks, and what lasts meanwhile. */
function causeOf({ fault, parameters = {}, during = [], phase }: Row): string {
  const faults = [fault].flat().join(" or ");
  const details = Object.keys(parameters).length === 0 ? "" : ` (${parametersText(parameters)})`;
  const backgrounds = [during].flat();
  const meanwhile = backgrounds.length === 0 ? "" : ` during ${backgrounds.join(" or ")}`;
  const phases = [phase].flat();
  return `${faults}${details}${meanwhile}${phases.join() === "observe" ? "" : ` then ${phases.join(" or ")}`}`;
}

interface ListedScenario {
  name: string;
  experiments: {
    id: string;
    title: string;
    fault: string;
    remedies: string[];
    practices: string[];
    victims: number;
    bystanders: number;
  }[];
}

async function listScenarios(): Promise<ListedScenario[]> {
  return Promise.all(
    builtInScenarios().map(async ({ name }) => ({
      name,
      experiments: (await loadScenarios([name])).map(
        ({ experiment: { id, title, fault, remedies = [], practices = [], variants } }) => ({
          id,
          title,
          fault: fault.name,
          remedies: remedies.map((remedy) => remedy.name),
          practices,
          victims: variants.filter(({ role }) => role === "victim").length,
          bystanders: variants.filter(({ role }) => role === "bystander").length,
        }),
      ),
    })),
  );
}

function parametersText(parameters: Record<string, unknown>): string {
  return Object.entries(parameters)
    .map(([key, value]) => `${key}: ${String(value)}`)
    .join(", ");
}
