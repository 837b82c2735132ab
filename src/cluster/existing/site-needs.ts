import { may, mayWith, type Permission, type Verb } from "../../kube/permission.ts";
import {
  configMaps,
  kubeVirts,
  leases,
  namespaces,
  nodes,
  pods,
  services,
  virtualMachineInstances,
} from "../../kube/resources.ts";
import { home } from "../../safety/cluster-lease.ts";
import type { ClusterConfig } from "./cluster-config.ts";

const own = { namespace: home };

/**
 * What working on an existing cluster asks of its API server, whatever is run: to read what it is, to ask its guards,
 * to be alone on it, and its hands' helper pods. What a kubelet says of itself is not asked for: that takes `nodes/proxy`, with which
 * anything can be done on a node; its settings are assumed then.
 */
export function siteNeeds(config: ClusterConfig): Permission[] {
  return [
    may(["list"], kubeVirts, "everywhere"),
    may(["list"], pods, { namespace: "kube-system" }),
    may(["list"], nodes),
    may(["list", "create"], namespaces),
    may(["list"], virtualMachineInstances, "everywhere"),
    may(["list"], pods, own),
    may(["get", "create", "patch"], leases, own),
    may(["get", "create", "patch", "delete"], configMaps, own),
    ...(config.prober === null
      ? []
      : [...helperPods, mayWith(connecting, pods, "attach", own), may(["list", "watch"], services)]),
    ...(config.nodeShell === null ? [] : [...helperPods, mayWith(connecting, pods, "exec", own)]),
    ...(config.nodePower === null ? [] : [may(["get"], nodes)]),
  ];
}

/** A web socket is opened with GET; from Kubernetes 1.35 on it must be allowed to create one, too. */
const connecting: Verb[] = ["get", "create"];

const helperPods = [may(["get", "create", "delete"], pods, own)];
