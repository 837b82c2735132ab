import type { KubeClient, WatchHandler } from "../../../src/cluster/kube-client.ts";
import type { KubeObject } from "../../../src/kube/objects.ts";
import type { Resource } from "../../../src/kube/resources.ts";

type Verb = Parameters<WatchHandler["seen"]>[0];

/** An API server that shows what a test tells it to. */
export class PretendKube {
  readonly #handlers = new Map<string, WatchHandler[]>();
  readonly #objects = new Map<string, KubeObject[]>();

  readonly client = {
    watch: async ({ plural }: Resource, handler: WatchHandler) => {
      this.#handlers.set(plural, [...(this.#handlers.get(plural) ?? []), handler]);
      for (const object of this.#objects.get(plural) ?? []) handler.seen("LISTED", object);
      return { closed: Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };
    },
  } as unknown as KubeClient;

  show(verb: Verb, plural: string, object: object): void {
    this.#objects.set(plural, [...(this.#objects.get(plural) ?? []), object as KubeObject]);
    for (const handler of this.#handlers.get(plural) ?? []) handler.seen(verb, object as KubeObject);
  }

  /** A launcher pod of the VMI with the UID `<vmi>-uid`. */
  pod(verb: Verb, name: string, vmi: string, status: { phase: string; podIP?: string }): void {
    this.show(verb, "pods", {
      metadata: {
        name,
        uid: `${name}-uid`,
        labels: { "kubevirt.io": "virt-launcher", "kubevirt.io/created-by": `${vmi}-uid` },
        annotations: { "kubevirt.io/domain": vmi },
      },
      status,
    });
  }

  node(name: string, address: string, podCIDRs: string[]): void {
    this.show("ADDED", "nodes", {
      metadata: { name, uid: `${name}-uid` },
      spec: { podCIDRs },
      status: { addresses: [{ type: "InternalIP", address }] },
    });
  }
}
