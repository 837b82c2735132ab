import type { KubeEvent, Node, Pod } from "../../src/kube/objects.ts";
import { condition } from "../../src/kube/objects.ts";
import { createSimulation, type Simulation } from "../../src/simulator/create-simulation.ts";
import type { Settings } from "../../src/simulator/settings.ts";
import type { World } from "../../src/simulator/world.ts";
import type { Exit, Process, ProbeAnswer, Signal } from "../../src/simulator/node/process.ts";

/** A pod as the API server would keep it: with its defaults. */
function newPod(
  name: string,
  spec: Partial<Pod["spec"]> = {},
  metadata: Partial<Pod["metadata"]> = {},
): Omit<Pod, "metadata"> & { metadata: Partial<Pod["metadata"]> } {
  const tolerate = (key: string) => ({
    key: `node.kubernetes.io/${key}`,
    operator: "Exists" as const,
    effect: "NoExecute" as const,
    tolerationSeconds: 300,
  });
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", ...metadata },
    spec: {
      containers: [{ name: "main", image: "busybox" }],
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 30,
      schedulerName: "default-scheduler",
      tolerations: [tolerate("not-ready"), tolerate("unreachable")],
      ...spec,
    },
    status: { phase: "Pending" },
  };
}

/** A simulation with shorthands for what tests look at and do; times in seconds of the model. */
export class Fixture {
  readonly simulation: Simulation;
  readonly #uids = new Map<string, string>();

  constructor(settings: Partial<Settings> = {}, options: { seed?: number; workers?: number } = {}) {
    this.simulation = createSimulation({ seed: 1, ...options, settings });
  }

  get world(): World {
    return this.simulation.world;
  }

  get now(): number {
    return this.simulation.clock.now() / 1000;
  }

  pass(seconds: number): void {
    this.simulation.clock.advanceTo(this.simulation.clock.now() + seconds * 1000);
  }

  /** Lets time pass until it is so, and returns how long that took; fails after the limit. */
  until(what: () => boolean, limit: number): number {
    const from = this.now;
    while (!what()) {
      const next = this.simulation.clock.nextAt();
      if (next === undefined || next / 1000 > from + limit) throw new Error(`not so after ${limit} s`);
      this.simulation.clock.step();
    }
    return this.now - from;
  }

  createPod(name: string, spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
    const pod = this.simulation.store.create<Pod>("pods", newPod(name, spec, metadata));
    this.#uids.set(name, pod.metadata.uid);
    return pod;
  }

  /** Creates a pod and waits until it is ready. */
  runPod(name: string, spec: Partial<Pod["spec"]> = {}, metadata: Partial<Pod["metadata"]> = {}): Pod {
    this.createPod(name, spec, metadata);
    this.until(() => this.isReady(name), 60);
    return this.pod(name);
  }

  findPod(name: string): Pod | undefined {
    return this.simulation.store.get<Pod>("pods", "default", name);
  }

  pod(name: string): Pod {
    const pod = this.findPod(name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    return pod;
  }

  isReady(name: string): boolean {
    return condition(this.findPod(name), "Ready")?.status === "True";
  }

  /** Whether the main container of the pod of that name, as last seen, runs on any machine. */
  runs(name: string): boolean {
    const uid = this.#uids.get(name);
    return [...this.world.machines.values()].some(({ processes }) => processes.has(`${uid}/main`));
  }

  node(name: string): Node {
    return this.simulation.store.get<Node>("nodes", undefined, name)!;
  }

  nodeReady(name: string): string | undefined {
    return condition(this.node(name), "Ready")?.status;
  }

  taints(name: string): string[] {
    return (this.node(name).spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`);
  }

  /** Events about an object, as `reason: message`. */
  events(about: string): string[] {
    return this.simulation.store
      .list<KubeEvent>("events")
      .filter(({ involvedObject }) => involvedObject.name === about)
      .map(({ reason, message }) => `${reason}: ${message}`);
  }
}

/** A program whose answers and obedience a test decides. */
export class Puppet implements Process {
  answer: ProbeAnswer = "success";
  /** How long after SIGTERM it ends, in seconds; never where null. */
  obeysAfter: number | null = 0.5;
  readonly signals: { signal: Signal; at: number }[] = [];
  readonly probedAt: number[] = [];
  exit: (exit: Exit) => void = () => undefined;
  starts = 0;
  readonly #fixture: Fixture;

  /** Takes the part of every container with that name. */
  constructor(fixture: Fixture, container: string) {
    this.#fixture = fixture;
    fixture.world.programs.push((_pod, { name }, machine, exited) => {
      if (name !== container) return undefined;
      this.starts++;
      this.exit = (exit) => machine.schedule(0, () => exited(exit));
      return this;
    });
  }

  signal(signal: Signal): void {
    this.signals.push({ signal, at: this.#fixture.now });
    if (signal === "SIGKILL") this.exit({ code: 137, reason: "Error" });
    else if (this.obeysAfter !== null) {
      const exit = this.exit;
      this.#fixture.simulation.clock.schedule(this.obeysAfter * 1000, () => exit({ code: 0, reason: "Completed" }));
    }
  }

  probe(): ProbeAnswer {
    this.probedAt.push(this.#fixture.now);
    return this.answer;
  }

  memory(): number {
    return 2 ** 20;
  }
}
