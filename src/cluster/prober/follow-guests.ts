import type { Node, Pod } from "../../kube/objects.ts";
import { nodes, pods } from "../../kube/resources.ts";
import type { KubeClient, Watch } from "../kube-client.ts";

/** A VMI's guest, and where it may be at the moment. */
export interface GuestPlace {
  vmiUid: string;
  vmiName: string;
  /** Its launcher pods' labels. */
  labels: Record<string, string>;
  /** Those of its launcher pods that may still run: during a migration there are two. */
  addresses: string[];
}

interface LauncherPod {
  vmiUid: string;
  vmiName: string;
  labels: Record<string, string>;
  address: string | null;
}

/**
 * Follows the guests of a namespace by their launcher pods, through restarts and migrations. A pod's own address is
 * there sooner than that in the VMI's status, which comes three seconds after a migration, or never. A pod whose
 * object was removed by force may still run: its guest stays until another pod has its address.
 */
export function followGuests(
  kube: KubeClient,
  namespace: string,
  onPlace: (place: GuestPlace) => void,
): Promise<Watch> {
  const launchers = new Map<string, LauncherPod>();

  const tell = ({ vmiUid, vmiName, labels }: LauncherPod): void => {
    const addresses = [...launchers.values()]
      .filter((each) => each.vmiUid === vmiUid)
      .flatMap((each) => each.address ?? []);
    onPlace({ vmiUid, vmiName, labels, addresses });
  };

  const remove = (podUid: string): void => {
    const launcher = launchers.get(podUid);
    if (launcher === undefined) return;
    launchers.delete(podUid);
    tell(launcher);
  };

  const see = (verb: string, pod: Pod): void => {
    const { uid, labels, annotations, name } = pod.metadata;
    const vmiUid = labels?.["kubevirt.io/created-by"];
    if (vmiUid === undefined) return;
    const { phase, podIP } = pod.status;
    if (phase === "Succeeded" || phase === "Failed" || (verb === "DELETED" && podIP === undefined)) return remove(uid);
    if (verb === "DELETED") return;
    const vmiName = annotations?.["kubevirt.io/domain"] ?? name;
    const launcher = { vmiUid, vmiName, labels: labels ?? {}, address: podIP ?? null };
    if (launchers.get(uid)?.address === launcher.address) return;
    for (const [other, { address }] of launchers) if (address === podIP && other !== uid) remove(other);
    launchers.set(uid, launcher);
    tell(launcher);
  };

  return kube.watch(
    pods,
    { seen: (verb, object) => see(verb, object as Pod), lost: () => {} },
    { namespace, labelSelector: "kubevirt.io=virt-launcher" },
  );
}

/** The way to the pods of a node: each range of their addresses, by the node's own address of that family. */
export function followRoutes(kube: KubeClient, onRoute: (range: string, via: string) => void): Promise<Watch> {
  return kube.watch(nodes, {
    seen: (verb, object) => {
      const { spec, status } = object as Node;
      if (verb === "DELETED") return;
      const own = (status.addresses ?? []).filter(({ type }) => type === "InternalIP").map(({ address }) => address);
      for (const range of spec.podCIDRs ?? []) {
        const via = own.find((address) => address.includes(":") === range.includes(":"));
        if (via !== undefined) onRoute(range, via);
      }
    },
    lost: () => {},
  });
}
