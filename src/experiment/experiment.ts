import { UsageError } from "../errors.ts";
import type { Fault } from "../faults/fault.ts";
import type { EvictionStrategy } from "../kube/objects.ts";
import type { Remedy } from "../remedies/remedy.ts";
import { milliseconds, type Duration } from "../workload/duration.ts";
import type { Variant } from "../workload/variant.ts";
import { outcomes, type Outcome } from "./plan.ts";

/** An expectation of the scenario's own, in place of the platform's rule. */
export type Expected = Outcome | { outcome: Outcome; within?: Duration; maxDowntime?: Duration };

export interface ExperimentOptions {
  /** Short and unique, as in file names: `vm-crash`. */
  id: string;
  /** A sentence that says what is to be proved. */
  title: string;
  /** The practices it bears on, by their ids. */
  practices?: string[];
  /** What is broken, once, for all victims. */
  fault: Fault;
  /** The VM configurations that are hit together, and those that stand by. */
  variants: Variant[];
  /**
   * What a variant (by name) must do after the fault, where that differs from what the platform documents:
   * `{ web: { outcome: "restarted", within: "60s" } }`.
   */
  expect?: Record<string, Expected>;
  /** The same for later phases, by a remedy's name or `return`: `{ return: { web: "restarted" } }`. */
  expectAfter?: Record<string, Record<string, Expected>>;
  /**
   * Cluster operators that it needs, such as `hyperconverged-cluster`. A simulated cluster that models them has them then;
   * on any other it is skipped where they are not installed.
   */
  operators?: string[];
  /**
   * What the cluster's own eviction strategy is set to while the experiment lasts, for VMs that state none; put back
   * after it. By default it is left as it is.
   */
  clusterEvictionStrategy?: EvictionStrategy;
  /** How long to observe after the fault; by default as long as the expectations need. */
  observe?: Duration;
  /** What is done then, one after another, to those that are seen to need it. */
  remedies?: Remedy[];
  /** How long to observe after the fault was reverted; `false`: not at all. By default where the fault's rules say something. */
  afterReturn?: Duration | false;
}

/** One fault, applied once to all its victims, then observed, remedied and taken back. Made by `experiment()`. */
export interface Experiment extends ExperimentOptions {
  readonly [experimentMark]: true;
}

const experimentMark = Symbol.for("rebound.experiment");

/**
 * Declares an experiment; a scenario file exports one by default, or an array of them.
 *
 * @example
 * export default experiment({
 *   id: "web-survives-a-crash",
 *   title: "The web server is back within a minute of a crash",
 *   fault: vmCrash(),
 *   variants: [vm("web", { runStrategy: "Always" })],
 *   expect: { web: { outcome: "restarted", within: "60s" } },
 * });
 */
export function experiment(options: ExperimentOptions): Experiment {
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(options.id) || options.id.length > 50) {
    throw new UsageError(
      `experiment id "${options.id}" must be at most 50 lower-case letters, digits and dashes, as in "vm-crash"`,
    );
  }
  // A type says so as well, and Node strips it.
  if (typeof (options.fault as Partial<Fault> | undefined)?.inject !== "function") {
    throw new UsageError(`experiment "${options.id}" has no fault; make one, as in fault: vmCrash()`);
  }
  const names = options.variants.map((variant) => variant.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new UsageError(`experiment "${options.id}" has two variants called "${twice}"; give each its own name`);
  }
  if (names.length === 0) throw new UsageError(`experiment "${options.id}" has no variants; name at least one VM`);
  const phases = ["return", ...(options.remedies ?? []).map((remedy) => remedy.name)];
  for (const phase of Object.keys(options.expectAfter ?? {})) {
    if (!phases.includes(phase)) {
      throw new UsageError(
        `experiment "${options.id}" expects something after "${phase}", which is none of its phases (${phases.join(", ")})`,
      );
    }
  }
  const stated = [options.expect ?? {}, ...Object.values(options.expectAfter ?? {})];
  for (const name of stated.flatMap((each) => Object.keys(each))) {
    if (!names.includes(name)) {
      throw new UsageError(
        `experiment "${options.id}" expects something of "${name}", which is none of its variants (${names.join(", ")})`,
      );
    }
  }
  for (const expected of stated.flatMap((each) => Object.values(each))) checkExpected(options.id, expected);
  if (options.observe !== undefined) milliseconds(options.observe);
  if (options.afterReturn) milliseconds(options.afterReturn);
  return { ...options, [experimentMark]: true };
}

function checkExpected(id: string, expected: Expected): void {
  const { outcome, within, maxDowntime } = typeof expected === "string" ? { outcome: expected } : expected;
  if (!outcomes.includes(outcome)) {
    throw new UsageError(
      `experiment "${id}" expects "${String(outcome)}", which is no outcome (${outcomes.join(", ")})`,
    );
  }
  if (within !== undefined) milliseconds(within);
  if (maxDowntime !== undefined) milliseconds(maxDowntime);
}

/** Whether a value was made by `experiment()`, in this copy of the package or another. */
export function isExperiment(value: unknown): value is Experiment {
  return typeof value === "object" && value !== null && experimentMark in value;
}
