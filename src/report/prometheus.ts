import { oneLine } from "./format.ts";
import type { Measured } from "../recovery/recovery.ts";
import type { Results } from "./results.ts";
import { rowsOf, type Row } from "./wording.ts";

type Labels = Record<string, string | number>;
type Sample = [labels: Labels, value: number];

/** The text of `metrics.prom`, for the node exporter's textfile collector or a push gateway; seconds throughout. */
export function prometheusText(results: Results): string {
  const rows = rowsOf(results.experiments);
  const perRow = (samples: (row: Row) => Sample[]): Sample[] =>
    rows.flatMap((row) => samples(row).map(([labels, value]): Sample => [{ ...rowLabels(row), ...labels }, value]));
  const { provider, prediction, kubernetes, kubevirt } = results.cluster;
  const run: Sample = [{ provider, prediction: String(prediction), kubernetes, kubevirt, seed: results.seed }, 1];
  return [
    metric("rebound_run_info", "The run that these metrics are of.", [run]),
    metric(
      "rebound_judgements",
      "Judgements of the run by colour.",
      Object.entries(results.summary).map(([colour, n]) => [{ colour }, n]),
    ),
    metric(
      "rebound_verdict",
      "1 for the verdict that the variant got.",
      perRow(({ judgement }) => [[{ verdict: judgement.verdict }, 1]]),
    ),
    metric(
      "rebound_time_to_recover_seconds",
      "Time to recover, from the bite; its midpoint and the bounds of its interval.",
      perRow(({ judgement }) => bounds(judgement.ttrMs)),
    ),
    metric(
      "rebound_time_from_relief_seconds",
      "Time to recover, from the end of the revert or remedy.",
      perRow(({ judgement }) => bounds(judgement.fromReliefMs)),
    ),
    metric(
      "rebound_downtime_seconds",
      "Time in which the guest did not answer.",
      perRow(({ judgement }) => bounds(judgement.downtimeMs)),
    ),
    metric(
      "rebound_stage_seconds",
      "Parts of the time to recover.",
      perRow(({ judgement }) => judgement.stages.map(({ name, ms }) => [{ stage: name }, ms / 1000])),
    ),
  ].join("");
}

function rowLabels({ experiment, variant, judgement }: Row): Labels {
  const { name, repeat, kind, runStrategy } = variant;
  return {
    experiment: experiment.id,
    fault: experiment.fault.name,
    variant: name,
    repeat,
    phase: judgement.phase,
    kind,
    run_strategy: runStrategy ?? "",
  };
}

function bounds(measured: Measured | null): Sample[] {
  return measured ? (["value", "low", "high"] as const).map((bound) => [{ bound }, measured[bound] / 1000]) : [];
}

function metric(name: string, help: string, samples: Sample[]): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value]) => `${name}{${labelText(labels)}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ""].join("\n");
}

function labelText(labels: Labels): string {
  const escaped = (value: string): string => oneLine(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escaped(String(value))}"`)
    .join(",");
}
