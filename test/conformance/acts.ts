import type { KubeObject, Pod, VmiSpec } from "../../src/kube/objects.ts";
import * as resources from "../../src/kube/resources.ts";
import type { Resource } from "../../src/kube/resources.ts";
import type { ActionEntry } from "../../src/observe/journal.ts";
import type { Simulation } from "../../src/simulator/create-simulation.ts";
import { Operator, type Answer } from "./operator.ts";
import type { Action } from "./recording.ts";
import { roleOf, type Subjects } from "./subjects.ts";

const namespace = "lab";
const subresources = "/apis/subresources.kubevirt.io/v1/namespaces";

/** Repeats actions of a recording on a simulated cluster. */
export class Acts {
  readonly operator: Operator;
  readonly #simulation: Simulation;
  readonly #real: Subjects;
  readonly #simulated: Subjects;

  /** The subjects of both sides tell which object of the one is which of the other. */
  constructor(simulation: Simulation, real: Subjects, simulated: Subjects) {
    this.#simulation = simulation;
    this.operator = new Operator(simulation);
    this.#real = real;
    this.#simulated = simulated;
  }

  /** Does it, and says how it was answered; throws an Error for what cannot be done or is not known. */
  async repeat(action: Action): Promise<Answer> {
    const { hands } = this.#simulation;
    const node = roleOf(action.node ?? "");
    const vmi = (): string => this.#vmi(action.vm ?? "").uid;
    switch (action.name) {
      case "apply":
        return this.#apply(action["object"] as KubeObject);
      case "virtctl":
        return this.#virtctl(action["args"] as string[]);
      case "delete":
        return this.#delete(action["resource"] as string, action["target"] as string, action["flags"] as string[]);
      case "cordon":
      case "uncordon":
        return this.operator.cordon(node, action.name === "cordon");
      case "taint":
        return this.operator.taint(node, action["taint"] as string);
      case "drain":
        return this.operator.drain(node);
      case "guest":
        this.#guest(vmi(), action["command"] as string);
        return "done";
      case "oom":
        // Where the guest ran out of memory first, the container never did.
        if (action.result?.endsWith("qemu gone")) hands.oomKill(vmi());
        return "done";
      case "patch":
        return this.#patch(action["resource"] as string, action["target"] as string, action["patch"] as object);
      case "kubelet-restart":
        hands.stopKubelet(node);
        hands.startKubelet(node);
        return "done";
      case "kill-component":
        this.#killComponent((action["component"] ?? action["target"]) as string, node);
        return "done";
      default: {
        const act = physical[action.name];
        if (act === undefined) throw new Error(`unknown action ${action.name}`);
        hands[act](["killQemu", "killLauncher"].includes(act) ? vmi() : node);
        return "done";
      }
    }
  }

  /** The action in this cluster's names, for its journal. */
  translated({
    name,
    vm,
    node,
    object,
    args,
    resource,
    target,
    flags,
    command,
    taint,
    component,
  }: Action): ActionEntry {
    const said = {
      name,
      vm: vm && (this.#find(() => this.#vmi(vm).name) ?? vm),
      node: node && roleOf(node),
      object,
      args,
      resource,
      target: target && (this.#find(() => this.#target(resource as string, target as string)) ?? target),
      flags,
      command,
      taint,
      component,
    };
    return { kind: "action", ...(JSON.parse(JSON.stringify(said)) as { name: string }) };
  }

  #find(look: () => string): string | undefined {
    try {
      return look();
    } catch {
      return undefined;
    }
  }

  #vmi(realName: string): { name: string; uid: string } {
    const key = this.#real.instance(realName);
    // Where this side is an incarnation behind or ahead, whatever runs now is meant.
    const stable = key?.replace(/#\d+$/, "#") ?? "";
    const found = this.#simulated.latest(stable);
    if (found === undefined) throw new Error(`there is no VMI ${realName}`);
    return found;
  }

  #apply(object: KubeObject): Promise<Answer> {
    const resource = Object.values(resources)
      .flat()
      .find((one): one is Resource => typeof one === "object" && one.kind === object.kind);
    if (resource === undefined) throw new Error(`cannot create a ${object.kind}`);
    return this.operator.do("POST", pathOf(resource), withPlatformTraits(this.#onOwnNodes(object)));
  }

  /** The object with the names of this cluster's nodes where it speaks of the recorded ones. */
  #onOwnNodes(object: KubeObject): KubeObject {
    const isNode = (word: string): boolean => this.#real.find(`node/${roleOf(word)}`)?.name === word;
    const text = JSON.stringify(object, (_, value: unknown) =>
      typeof value === "string" && isNode(value) ? roleOf(value) : value,
    );
    return JSON.parse(text) as KubeObject;
  }

  #virtctl(args: string[]): Promise<Answer> {
    const [verb = "", ...rest] = args;
    const names = rest.filter((word) => !word.startsWith("-"));
    const grace = rest.map((word) => /^--grace-period=(\d+)$/.exec(word)?.[1]).find((found) => found !== undefined);
    const name = names.at(-1) ?? "";
    const ofInstance = ["pause", "unpause", "soft-reboot", "reset"].includes(verb);
    const path = ofInstance
      ? `${subresources}/${namespace}/virtualmachineinstances/${this.#instanceName(name)}/${verb.replace("-", "")}`
      : `${subresources}/${namespace}/virtualmachines/${name}/${verb}`;
    if (verb === "migrate-cancel") {
      const key = this.#simulated.latest(`migration/${this.#simulated.instance(name)?.slice(4)}.`);
      return this.operator.do("DELETE", `${pathOf(resources.migrations)}/${key?.name}`);
    }
    const seconds = grace === undefined ? undefined : Number(grace);
    const body = verb === "restart" ? { gracePeriodSeconds: seconds } : { gracePeriod: seconds };
    return this.operator.do("PUT", path, grace === undefined ? {} : body);
  }

  #instanceName(realName: string): string {
    return this.#real.instance(realName) === undefined ? realName : this.#vmi(realName).name;
  }

  #patch(shortName: string, target: string, patch: object): Promise<Answer> {
    const resource = touchable[shortName];
    if (resource === undefined) throw new Error(`cannot patch a ${shortName}`);
    const path = `${pathOf(resource)}/${this.#target(shortName, target)}`;
    return this.operator.do("PATCH", path, patch, "application/merge-patch+json");
  }

  #delete(shortName: string, target: string, flags: string[]): Promise<Answer> {
    const resource = touchable[shortName];
    if (resource === undefined) throw new Error(`cannot delete a ${shortName}`);
    const name = this.#target(shortName, target);
    const grace = flags.map((flag) => /^--grace-period=(\d+)$/.exec(flag)?.[1]).find((found) => found !== undefined);
    const cascade = flags.map((flag) => /^--cascade=(\w+)$/.exec(flag)?.[1]).find((found) => found !== undefined);
    const force = flags.includes("--force") && grace === undefined ? "0" : grace;
    const propagation = { orphan: "Orphan", foreground: "Foreground" }[cascade ?? ""];
    return this.operator.do("DELETE", `${pathOf(resource)}/${name}`, {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...(force !== undefined && { gracePeriodSeconds: Number(force) }),
      ...(propagation !== undefined && { propagationPolicy: propagation }),
    });
  }

  #target(shortName: string, target: string): string {
    if (shortName === "pod") return this.#podName(target);
    if (shortName === "vmi") return this.#vmi(target).name;
    return shortName === "node" ? roleOf(target) : target;
  }

  #podName(realName: string): string {
    const key = this.#real.pod(realName);
    const found = key === undefined ? undefined : this.#simulated.find(key);
    if (found === undefined) throw new Error(`there is no pod for ${realName}`);
    return found.name;
  }

  #guest(uid: string, command: string): void {
    const { hands } = this.#simulation;
    const port = Number(/\b(15\d\d)\b/.exec(command)?.[1] ?? 1500);
    if (/sysrq-trigger/.test(command)) {
      if (/echo b/.test(command)) hands.rebootGuest(uid);
      else hands.panicGuest(uid);
    } else if (/^poweroff|^halt -p|^shutdown/.test(command)) hands.powerOffGuest(uid);
    else if (/^reboot/.test(command)) hands.rebootGuest(uid);
    else if (/\bkill\b/.test(command)) hands.closePort(uid, port);
    else if (/httpd|\brm .*no\d+/.test(command)) hands.openPort(uid, port);
    else throw new Error(`unknown guest command ${command}`);
  }

  /** SIGKILL to every process of that component, or to the one on that node. */
  #killComponent(component: string, node: string): void {
    const { store, world } = this.#simulation;
    for (const pod of store.list<Pod>("pods", "kubevirt")) {
      const at = pod.spec.nodeName;
      if (!pod.metadata.name.startsWith(component) || at === undefined || (node !== "" && at !== node)) continue;
      for (const { name } of pod.spec.containers) world.runtimes.get(at)!.signal(pod.metadata.uid, name, "SIGKILL");
    }
  }
}

const physical: Record<
  string,
  | "killQemu"
  | "killLauncher"
  | "powerOff"
  | "powerOn"
  | "shutDown"
  | "freeze"
  | "thaw"
  | "disconnect"
  | "connect"
  | "stopKubelet"
  | "startKubelet"
  | "stopRuntime"
  | "startRuntime"
> = {
  "kill-qemu": "killQemu",
  "kill-launcher": "killLauncher",
  "node-kill": "powerOff",
  "node-start": "powerOn",
  "node-stop": "shutDown",
  "node-pause": "freeze",
  "node-unpause": "thaw",
  "node-disconnect": "disconnect",
  "node-connect": "connect",
  "kubelet-stop": "stopKubelet",
  "kubelet-start": "startKubelet",
  "containerd-stop": "stopRuntime",
  "containerd-start": "startRuntime",
};

const touchable: Record<string, Resource> = {
  pod: resources.pods,
  vmi: resources.virtualMachineInstances,
  vm: resources.virtualMachines,
  vmirs: resources.replicaSets,
  vmim: resources.migrations,
  node: resources.nodes,
  virtualmachineinstancetype: resources.instancetypes,
  virtualmachineclusterinstancetype: resources.clusterInstancetypes,
  virtualmachinepreference: resources.preferences,
  virtualmachineclusterpreference: resources.clusterPreferences,
};

function pathOf({ group, version, plural, namespaced }: Resource): string {
  const prefix = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return namespaced ? `${prefix}/namespaces/${namespace}/${plural}` : `${prefix}/${plural}`;
}

/** The recorded machine's kernel refuses bridges; the model is told so for every guest that asks for one. */
function withPlatformTraits(object: KubeObject): KubeObject {
  const copy = structuredClone(object) as KubeObject & {
    spec: VmiSpec & { template?: { metadata: KubeObject["metadata"]; spec: VmiSpec } };
  };
  const spec = copy.spec.template?.spec ?? copy.spec;
  const interfaces = (spec.domain?.devices?.["interfaces"] ?? []) as Record<string, unknown>[];
  if (!interfaces.some((one) => one["bridge"] !== undefined)) return copy;
  const { metadata } = copy.spec.template ?? copy;
  metadata.annotations = {
    ...metadata.annotations,
    "guest.rebound.dev/start-error":
      "failed to configure vmi network: setup failed, err: Critical network error: LinkAdd: operation not supported",
  };
  return copy;
}
