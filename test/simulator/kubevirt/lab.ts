import type {
  KubeEvent,
  Node,
  Pod,
  RunStrategy,
  VirtualMachine,
  VirtualMachineInstance,
  VmiPhase,
  VmiSpec,
} from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import { createSimulation, type Simulation } from "../../../src/simulator/create-simulation.ts";
import type { Settings } from "../../../src/simulator/settings.ts";

const namespace = "lab";
const instances = "virtualmachineinstances";

export const strategies = ["Always", "RerunOnFailure", "Manual", "Once"] as const;
export type Strategy = (typeof strategies)[number];

/** What became of a VMI, as a watch of it shows. */
export interface History {
  uid: string;
  name: string;
  phases: VmiPhase[];
  /** When it reached its final phase, in milliseconds of the model. */
  endedMs: number | undefined;
  /** Whether it had been marked for deletion before that. */
  deletedFirst: boolean;
}

export interface LabOptions {
  seed?: number;
  settings?: Partial<Settings>;
  /** Added to every VMI's specification. */
  spec?: Partial<VmiSpec>;
  /** Merged into every VMI's `spec.domain`. */
  domain?: Partial<VmiSpec["domain"]>;
  annotations?: Record<string, string>;
}

/** A cluster with VMs of every strategy, a bare VMI and a replica set of two, all serving, all on one node. */
export class Lab {
  readonly simulation: Simulation;
  readonly victim = "worker";
  readonly histories = new Map<string, History>();
  readonly #options: LabOptions;

  constructor(options: LabOptions = {}) {
    this.#options = options;
    const { seed = 1, settings = {} } = options;
    this.simulation = createSimulation({ seed, settings });
    const { store, clock } = this.simulation;
    store.subscribe(({ resource, object }) => {
      if (resource === instances) this.#follow(object as VirtualMachineInstance);
    });
    store.create("namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    clock.advanceTo(500);
  }

  get now(): number {
    return this.simulation.clock.now();
  }

  run(seconds: number): void {
    this.simulation.clock.advanceTo(this.now + seconds * 1000);
  }

  /** Starts all subjects on the victim node and waits until they serve. */
  async startAll(): Promise<this> {
    this.cordonOthers(true);
    for (const strategy of strategies) await this.createVm(strategy.toLowerCase(), strategy);
    await this.createVmi("bare");
    await this.createReplicaSet("rs", 2);
    this.run(1);
    await this.virtctl("start", "manual");
    this.run(45);
    this.cordonOthers(false);
    return this;
  }

  template(name: string): { metadata: object; spec: VmiSpec } {
    const { spec, domain, annotations } = this.#options;
    return {
      metadata: { labels: { "lab/name": name }, ...(annotations && { annotations }) },
      spec: {
        evictionStrategy: "None",
        networks: [{ name: "default", pod: {} }],
        volumes: [{ name: "root", containerDisk: { image: "quay.io/lab/guest:v2" } }],
        ...spec,
        domain: {
          cpu: { cores: 1 },
          resources: { requests: { cpu: "50m", memory: "128Mi" } },
          ...domain,
          devices: {
            disks: [{ name: "root", disk: { bus: "virtio" } }],
            interfaces: [{ name: "default", masquerade: {} }],
            ...domain?.devices,
          },
        },
      },
    };
  }

  async createVm(name: string, runStrategy: RunStrategy, extra: Partial<VirtualMachine["spec"]> = {}): Promise<void> {
    await this.create("virtualmachines", "VirtualMachine", name, {
      runStrategy,
      template: this.template(name),
      ...extra,
    });
  }

  async createVmi(name: string): Promise<void> {
    await this.create(instances, "VirtualMachineInstance", name, this.template(name).spec);
  }

  async createReplicaSet(name: string, replicas: number): Promise<void> {
    const selector = { matchLabels: { "lab/name": name } };
    const spec = { replicas, selector, template: this.template(name) };
    await this.create("virtualmachineinstancereplicasets", "VirtualMachineInstanceReplicaSet", name, spec);
  }

  async create(resource: string, kind: string, name: string, spec: object): Promise<void> {
    const annotations = kind === "VirtualMachineInstance" ? this.#options.annotations : undefined;
    const metadata = { name, ...(annotations && { annotations }) };
    await this.createIn("/apis/kubevirt.io/v1", resource, { apiVersion: "kubevirt.io/v1", kind, metadata, spec });
  }

  /** As a user creates it: through the API. */
  async createIn(group: string, resource: string, object: object, namespaced = true): Promise<void> {
    const answer = await this.simulation.api.handle({
      method: "POST",
      path: `${group}${namespaced ? `/namespaces/${namespace}` : ""}/${resource}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(object),
    });
    if (answer.status >= 300) throw new Error(`${resource}: ${JSON.stringify(answer.body)}`);
  }

  /** One request to the API, answered while the model's time goes on a little; the body read as JSON. */
  async request(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
    const answer = this.simulation.api.handle({
      method,
      path,
      headers: {
        "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json",
        accept: "application/json",
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    await new Promise(setImmediate);
    this.run(0.1);
    const { status, body: text } = await answer;
    return { status, body: typeof text === "string" && text !== "" ? JSON.parse(text) : text };
  }

  /** As virtctl asks for it; answers the HTTP status. */
  async virtctl(verb: string, vm: string, kind = "virtualmachines", options?: object): Promise<number> {
    const answer = this.simulation.api.handle({
      method: "PUT",
      path: `/apis/subresources.kubevirt.io/v1/namespaces/${namespace}/${kind}/${vm}/${verb}`,
      headers: { "content-type": "application/json", accept: "*/*" },
      ...(options !== undefined && { body: JSON.stringify(options) }),
    });
    await new Promise(setImmediate);
    this.run(1);
    return (await answer).status;
  }

  cordonOthers(cordoned: boolean): void {
    for (const { metadata } of this.simulation.store.list<Node>("nodes")) {
      if (!metadata.name.startsWith("worker") || metadata.name === this.victim) continue;
      this.simulation.store.mutate<Node>("nodes", undefined, metadata.name, (draft) => {
        draft.spec.unschedulable = cordoned;
      });
    }
  }

  vm(name: string): VirtualMachine {
    return this.simulation.store.get<VirtualMachine>("virtualmachines", namespace, name)!;
  }

  vmi(name: string): VirtualMachineInstance | undefined {
    return this.simulation.store.get<VirtualMachineInstance>(instances, namespace, name);
  }

  vmis(): VirtualMachineInstance[] {
    return this.simulation.store.list<VirtualMachineInstance>(instances, namespace);
  }

  podOf(uid: string): Pod | undefined {
    return this.simulation.world.index.podsOwnedBy(uid).at(-1);
  }

  deletePod(uid: string, gracePeriodSeconds?: number): void {
    this.deletePodNamed(this.podOf(uid)!.metadata.name, gracePeriodSeconds);
  }

  deletePodNamed(name: string, gracePeriodSeconds?: number): void {
    const options = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    this.simulation.store.delete("pods", namespace, name, options);
  }

  ready(vmi: VirtualMachineInstance | undefined): boolean {
    return condition(vmi, "Ready")?.status === "True";
  }

  serves(uid: string): boolean {
    return this.simulation.ask(uid) !== null;
  }

  eventsOf(kind: string, name: string): KubeEvent[] {
    return this.simulation.store
      .list<KubeEvent>("events", namespace)
      .filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name);
  }

  #follow({ metadata, status }: VirtualMachineInstance): void {
    const { uid, name, deletionTimestamp } = metadata;
    let history = this.histories.get(uid);
    if (history === undefined) {
      history = { uid, name, phases: [], endedMs: undefined, deletedFirst: false };
      this.histories.set(uid, history);
    }
    const phase = status.phase ?? "";
    if (history.phases.at(-1) === phase) return;
    history.phases.push(phase);
    if (phase !== "Succeeded" && phase !== "Failed") return;
    history.endedMs = this.now;
    history.deletedFirst = deletionTimestamp !== undefined;
  }
}
