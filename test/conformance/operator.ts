import type { ApiResponse } from "../../src/simulator/simulation.ts";
import type { Simulation } from "../../src/simulator/create-simulation.ts";
import type { Node, Pod } from "../../src/kube/objects.ts";

/** The answer of whoever was asked: refused with that message, or done. */
export type Answer = { refused: string } | "done";

interface Asked {
  status: number;
  message: string;
}

/** Someone at a terminal of the simulated cluster: what kubectl and virtctl ask of its API. */
export class Operator {
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Asks the API; time passes only as far as the answer needs it. */
  async ask(method: string, path: string, body?: object, type = "application/json"): Promise<Asked> {
    let response: ApiResponse | undefined;
    const headers = { "content-type": type, accept: "application/json, */*" };
    const request = { method, path, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const answer = this.#simulation.api.handle(request).then((given) => (response = given));
    for (await turn(); response === undefined; await turn()) if (!this.#simulation.clock.step()) break;
    const { status, body: text } = await answer;
    return { status, message: typeof text === "string" && status >= 400 ? messageIn(text) : "" };
  }

  async do(method: string, path: string, body?: object, type?: string): Promise<Answer> {
    const { status, message } = await this.ask(method, path, body, type);
    return status >= 400 ? { refused: message } : "done";
  }

  cordon(node: string, unschedulable: boolean): Promise<Answer> {
    return this.do("PATCH", `/api/v1/nodes/${node}`, { spec: { unschedulable } }, "application/merge-patch+json");
  }

  /** `key=value:Effect` sets a taint, `key-` or `key:Effect-` takes it away. */
  taint(node: string, taint: string): Promise<Answer> {
    const old = this.#simulation.store.get<Node>("nodes", undefined, node)?.spec.taints ?? [];
    const [, key = "", value, effect, removed] = /^([^=:]+?)(?:=([^:]*))?(?::(\w+))?(-)?$/.exec(taint) ?? [];
    const others = old.filter((one) => one.key !== key || (effect !== undefined && one.effect !== effect));
    const taints = removed === undefined ? [...others, { key, ...(value !== undefined && { value }), effect }] : others;
    return this.do("PATCH", `/api/v1/nodes/${node}`, { spec: { taints } }, "application/merge-patch+json");
  }

  /** As kubectl drains: cordons, then evicts what no daemon set owns, asking again every 5 s where it is refused. */
  async drain(node: string): Promise<Answer> {
    const { store, clock } = this.#simulation;
    const answer = await this.cordon(node, true);
    const pods = store.list<Pod>("pods").filter((pod) => pod.spec.nodeName === node && isDrained(pod));
    const evict = async ({ metadata: { name, namespace, uid } }: Pod): Promise<void> => {
      if (store.get("pods", namespace, name)?.metadata.uid !== uid) return;
      const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
      const { status } = await this.ask("POST", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, body);
      if (status === 429) this.#later(5_000, () => evict(pods.find((pod) => pod.metadata.uid === uid)!));
    };
    for (const pod of pods) clock.schedule(0, () => this.#begin(() => evict(pod)));
    return answer;
  }

  #later(delayMs: number, run: () => Promise<void>): void {
    this.#simulation.clock.schedule(delayMs, () => this.#begin(run));
  }

  /** What has begun and not been answered yet. */
  readonly #begun: (() => Promise<void>)[] = [];

  #begin(run: () => Promise<void>): void {
    this.#begun.push(run);
  }

  /** Does what has become due. */
  async settle(): Promise<void> {
    for (let run = this.#begun.shift(); run !== undefined; run = this.#begun.shift()) await run();
  }
}

/** Drained is what a controller will make anew elsewhere: no daemon, no static pod. */
function isDrained({ metadata: { ownerReferences = [] } }: Pod): boolean {
  return ownerReferences.length > 0 && !ownerReferences.some(({ kind }) => kind === "DaemonSet" || kind === "Node");
}

function messageIn(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? text;
  } catch {
    return text;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
