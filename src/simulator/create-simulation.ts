import { ApiServer } from "./api/api-server.ts";
import { qualify } from "./api/registry.ts";
import { startAttachDetach } from "./controllers/attach-detach.ts";
import { startDaemonSets } from "./controllers/daemon-sets.ts";
import { startDeployments } from "./controllers/deployments.ts";
import { startDisruptionBudgets } from "./controllers/disruption-budgets.ts";
import { startEndpointSlices } from "./controllers/endpoint-slices.ts";
import { startGarbageCollector } from "./controllers/garbage-collector.ts";
import { startNamespaceDeletion, type Namespace } from "./controllers/namespace-deletion.ts";
import { startNodeLifecycle } from "./controllers/node-lifecycle.ts";
import { startPodGc } from "./controllers/pod-gc.ts";
import { startScheduler } from "./controllers/scheduler.ts";
import { startTaintEviction } from "./controllers/taint-eviction.ts";
import { startVolumeBinder } from "./controllers/volume-binder.ts";
import { ControlPlane } from "./control-plane.ts";
import { componentHands } from "./component-hands.ts";
import { EventClock } from "./event-clock.ts";
import { startKubeVirt } from "./kubevirt/kubevirt.ts";
import { nodeHands } from "./node/node-hands.ts";
import type { NodeProfile } from "./node/node-object.ts";
import { ServiceProxy } from "./node/service-proxy.ts";
import { startNodes } from "./node/start-nodes.ts";
import { Random } from "./random.ts";
import { settingsOf, type Settings } from "./settings.ts";
import type { GuestAnswer, Hands } from "./simulation.ts";
import { Store } from "./store.ts";
import { WorldState } from "./world-state.ts";
import type { World } from "./world.ts";

export interface SimulationOptions {
  /** All chance follows from it: the same seed and the same acts give the same history. */
  seed: number;
  /** Nodes beside the one of the control plane; three unless said otherwise. */
  workers?: number;
  settings?: Partial<Settings>;
  /** Calendar time of the model's zero, in milliseconds since 1970. */
  epochMs?: number;
  cpusPerWorker?: number;
  memoryBytesPerWorker?: number;
}

/** A simulated cluster that stands ready, and the hands on it. */
export interface Simulation {
  readonly clock: EventClock;
  readonly world: World;
  readonly store: Store;
  readonly api: ApiServer;
  readonly hands: Hands;
  readonly serviceProxy: ServiceProxy;
  /** The boot id that the VMI's guest tells to someone off its node now, by default on a port that nobody probes; null where it does not answer. */
  ask(vmiUid: string, port?: number): string | null;
  /** The marker on its disk that it tells along with it. */
  markerOf(vmiUid: string): string | null;
  /** Calls back whenever a guest's answer on that port changes. */
  onAnswer(listener: (answer: GuestAnswer) => void): void;
  /** Calls back whenever a guest's answer on any port may have changed. */
  onTouch(listener: (vmiUid: string) => void): void;
}

const defaultEpochMs = Date.UTC(2026, 0, 1);
const namespaces = ["default", "kube-node-lease", "kube-public", "kube-system", "kubevirt"];

/** Puts a cluster together and lets it settle: at the model's zero its nodes are ready and its components run. */
export function createSimulation(options: SimulationOptions): Simulation {
  const clock = new EventClock(options.epochMs ?? defaultEpochMs);
  const random = new Random(options.seed);
  const store = new Store(clock, random, qualify);
  const { workers = 3, settings = {} } = options;
  const world = new WorldState(clock, random, store, settingsOf(settings, workers));

  for (const name of namespaces) {
    store.create<Namespace>("namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name, labels: { "kubernetes.io/metadata.name": name } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  }
  startScheduler(world);
  startNodeLifecycle(world);
  startTaintEviction(world);
  startVolumeBinder(world);
  startAttachDetach(world);
  startPodGc(world);
  startDaemonSets(world);
  startDeployments(world);
  startDisruptionBudgets(world);
  startEndpointSlices(world);
  startGarbageCollector(world);
  startNamespaceDeletion(world);
  const kubelets = startNodes(world, nodeProfiles(random, workers, options));
  const controlPlane = new ControlPlane(world);
  const serviceProxy = new ServiceProxy(world);

  const kubeVirt = startKubeVirt(world);
  // Whatever is due at the model's zero happens before anyone looks.
  clock.advanceTo(0);
  return {
    clock,
    world,
    store,
    api: new ApiServer(world, kubeVirt.virtHandlers),
    hands: { ...nodeHands(world, kubelets), ...kubeVirt.hands, ...componentHands(world, controlPlane, kubeVirt) },
    serviceProxy,
    ask: (vmiUid, port) => kubeVirt.ask(vmiUid, port),
    markerOf: (vmiUid) => kubeVirt.markerOf(vmiUid),
    onAnswer: (listener) => kubeVirt.onAnswer(listener),
    onTouch: (listener) => kubeVirt.onTouch(listener),
  };
}

function nodeProfiles(random: Random, workers: number, options: SimulationOptions): NodeProfile[] {
  const { cpusPerWorker = 8, memoryBytesPerWorker = 32 * 2 ** 30 } = options;
  const names = Array.from({ length: workers }, (_, index) => (index === 0 ? "worker" : `worker${index + 1}`));
  return ["control-plane", ...names].map((name, index) => ({
    name,
    index,
    controlPlane: index === 0,
    cpus: index === 0 ? 4 : cpusPerWorker,
    memoryBytes: index === 0 ? 16 * 2 ** 30 : memoryBytesPerWorker,
    machineId: random.uuid("machine", name),
    labels: {},
  }));
}
