import { replicasOf } from "../../workload/variant.ts";
import { comebacks, isNeverUp, type Expectation, type Outcome, type Rest } from "../plan.ts";
import { backgroundOf, wayOf, type Situation, type Way } from "./situation.ts";
import { metHazard, sources, type Row } from "./row.ts";
import { risksSplitBrain } from "./split-brain.ts";
import { platformTable } from "./table.ts";
import { terminatingPods } from "./terminating-pods.ts";
import { noWait, onTrial, recreate, slowness, start, sum, type Wait } from "./times.ts";

/** What a rule says of a situation, and how long one must watch to see it. */
export interface Ruling {
  expectation: Expectation;
  /** Milliseconds from the beginning of the phase. */
  watchMs: number;
  /** Null where nothing tells when it is over. */
  rest: Rest | null;
}

type PlatformRuling = Ruling & { rest: Rest };

/** How long a VM that must stay as it is, is watched after the last moment at which it could have begun to change. */
const marginMs = 60_000;

/** What the platform is documented to do, or null where no rule speaks of it. */
export function platformRuling(situation: Situation): PlatformRuling | null {
  if (situation.variant.role === "bystander") return bystanderRuling(situation);
  const way = wayOf(situation.variant);
  if (way === null) return null;
  const row = platformTable.find((candidate) => fits(candidate, situation) && candidate.outcomes[way] !== undefined);
  if (row === undefined) return null;
  const likely = rowRuling(row, way, situation);
  const met = metHazard(row);
  if (met?.fault !== situation.fault.name) return likely;
  const { expectation: instead, watchMs } = rowRuling(met, way, situation);
  const { ending } = row.hazard!;
  return {
    expectation: { ...likely.expectation, unless: { ending, instead } },
    watchMs: Math.max(likely.watchMs, watchMs),
    // What is good meanwhile may meet the hazard yet.
    rest: { ...likely.rest, afterMs: Math.max(likely.rest.afterMs, lastTurnMs(met.waits(situation))) },
  };
}

function rowRuling(row: Row, way: Way, situation: Situation): PlatformRuling {
  return ruling(row.outcomes[way]!, row.waits(situation), `${row.id}; ${row.source}`, situation);
}

/** A bystander goes on as it was: a Halted VM stays down, one that cannot come up does not, any other stays up. */
function bystanderRuling(situation: Situation): PlatformRuling {
  const isHalted = wayOf(situation.variant) === "Halted";
  const outcome = isHalted ? "stopped" : isNeverUp(situation.variant) ? "stuck" : "undisturbed";
  const source = situation.variant.refused === true ? sources.admission : "a bystander goes on as it was";
  return ruling(outcome, noWait, source, situation);
}

function ruling(outcome: Outcome, wait: Wait, source: string, situation: Situation): PlatformRuling {
  const again = outcome === "restarted" ? sum(recreate, start(situation)) : noWait;
  const total = sum(wait, again, slowness(situation));
  const isComeback = comebacks.has(outcome);
  const left = situation.variant.role === "victim" ? terminatingPods(situation) : undefined;
  return {
    expectation: {
      outcome,
      withinMs: isComeback ? total.most : null,
      floorMs: isComeback ? total.least : null,
      maxDowntimeMs: null,
      ...(left !== undefined && { terminatingPods: left }),
      ...(outcome === "migrated" && { migrationsAtOnce: migrationLimits(situation), ...membersKept(situation) }),
      ...(risksSplitBrain(situation) && { mayBeTwice: true as const }),
      source,
    },
    // A comeback that did not happen is as much to be seen as one that should not.
    watchMs: wait.most + recreate.most + start(situation).most + marginMs,
    rest: {
      afterMs: isComeback ? 0 : lastTurnMs(wait),
      unbrokenMs: Math.max(marginMs, onTrial(situation).most),
    },
  };
}

/** When the platform has done what it waited for, if it does, and that has been watched for the margin. */
function lastTurnMs(wait: Wait): number {
  return wait.most + recreate.most + marginMs;
}

/** Who is migrated stays who it is, so that a replica set never has fewer. */
function membersKept({ variant }: Situation): Pick<Expectation, "members"> {
  if (variant.kind !== "VirtualMachineInstanceReplicaSet") return {};
  return { members: replicasOf(variant) };
}

/** KubeVirt's own limits, where the cluster's settings say no others (pkg/virt-config/virt-config.go). */
function migrationLimits({ cluster: { settings } }: Situation): NonNullable<Expectation["migrationsAtOnce"]> {
  return {
    fromNode: Number(settings["parallelOutboundMigrationsPerNode"] ?? 2),
    inAll: Number(settings["parallelMigrationsPerCluster"] ?? 5),
  };
}

function fits(row: Row, situation: Situation): boolean {
  return (
    [row.fault].flat().includes(situation.fault.name) &&
    [row.phase].flat().includes(situation.phase) &&
    [row.during ?? null].flat().includes(backgroundOf(situation.fault)) &&
    Object.entries(row.parameters ?? {}).every(([name, value]) => situation.fault.parameters[name] === value) &&
    (row.when?.(situation) ?? true)
  );
}
