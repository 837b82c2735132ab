import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ApiError } from "../../src/cluster/api-error.ts";
import type { KubeClient, ListOptions } from "../../src/cluster/kube-client.ts";
import { describeCluster } from "../../src/cluster/live-settings.ts";
import { goSeconds } from "../../src/kube/go-duration.ts";
import type { Resource } from "../../src/kube/resources.ts";

const skew = { leastMs: -20, mostMs: 30 };

/** What a real cluster answered, by path. */
const recorded = new Map(
  readFileSync(new URL("../recordings/api/answers.jsonl", import.meta.url), "utf8")
    .split("\n")
    .filter(Boolean)
    .map(
      (line) =>
        JSON.parse(line) as { request: { method: string; path: string; accept?: string }; response: { body: unknown } },
    )
    .filter(({ request }) => request.method === "GET" && request.accept === "application/json")
    .map(({ request, response }) => [request.path, response.body]),
);

interface Given {
  kubeVirt?: object | null;
  nodes?: object[];
  controlPlane?: object[];
  kubelet?: Record<string, string>;
  groups?: string[];
  version?: string;
}

const inKubeVirt = { name: "kubevirt", namespace: "kubevirt" };
const ready = { conditions: [{ type: "Ready", status: "True" }], allocatable: { "devices.kubevirt.io/kvm": "0" } };
const worker = { metadata: { name: "worker", labels: {} }, status: ready };

function component(name: string, ...flags: string[]): object {
  return { metadata: { labels: { component: name } }, spec: { containers: [{ command: [name, ...flags] }] } };
}

/** An API server with the recorded answers, but for what is given. */
function api(given: Given): KubeClient {
  const {
    kubeVirt = { metadata: inKubeVirt, status: { observedKubeVirtVersion: "v1.9.0" } },
    nodes = [worker],
    controlPlane = [],
  } = given;
  const answer = async (path: string): Promise<string> => {
    const kubelet = /\/nodes\/([^/]+)\/proxy\/(.*)/.exec(path);
    if (kubelet !== null) {
      const said = given.kubelet?.[kubelet[2]!];
      if (said === undefined) throw new ApiError(403, "Forbidden", "nodes/proxy is forbidden");
      return said;
    }
    if (path === "/apis" && given.groups) return JSON.stringify({ groups: given.groups.map((name) => ({ name })) });
    if (path === "/version" && given.version) return JSON.stringify({ gitVersion: given.version });
    return JSON.stringify(recorded.get(path));
  };
  const list = async ({ plural }: Resource, options?: ListOptions): Promise<object[]> => {
    if (plural === "nodes") return nodes;
    if (plural === "kubevirts") {
      if (kubeVirt === null) throw new ApiError(404, "NotFound", "the server could not find the requested resource");
      return [kubeVirt];
    }
    assert.equal(options?.namespace, "kube-system");
    return controlPlane;
  };
  return { read: answer, list } as unknown as KubeClient;
}

const describeIt = (given: Given = {}) => describeCluster(api(given), "kind", skew);

describe("the description of a live cluster", () => {
  it("has the versions that it says itself", async () => {
    const { kubernetes, kubevirt, nodes, provider, prediction } = await describeIt();
    assert.deepEqual(
      { kubernetes, kubevirt, nodes, provider, prediction },
      {
        kubernetes: "v1.36.2",
        kubevirt: "v1.9.0",
        nodes: 1,
        provider: "kind",
        prediction: false,
      },
    );
  });

  it("has the settings that its components run with, and assumes none of them", async () => {
    const { settings, cgroup, acceleration } = await describeIt({
      kubeVirt: {
        metadata: inKubeVirt,
        spec: { configuration: { evictionStrategy: "LiveMigrate", migrations: { parallelMigrationsPerCluster: 3 } } },
      },
      controlPlane: [
        component("kube-controller-manager", "--node-monitor-grace-period=1m20s"),
        component("kube-apiserver", "--default-unreachable-toleration-seconds=60"),
      ],
      kubelet: {
        configz: JSON.stringify({
          kubeletconfig: { evictionHard: { "memory.available": "18Gi" }, shutdownGracePeriod: "30s" },
        }),
        metrics: "# HELP kubelet_cgroup_version x\nkubelet_cgroup_version 1\n",
      },
      nodes: [worker, { metadata: { name: "other" }, status: { allocatable: { "devices.kubevirt.io/kvm": "1k" } } }],
    });
    const { nodeMonitorGracePeriodSeconds, unreachableTolerationSeconds, notReadyTolerationSeconds } = settings;
    assert.deepEqual(
      [nodeMonitorGracePeriodSeconds, unreachableTolerationSeconds, notReadyTolerationSeconds],
      [80, 60, 300],
    );
    assert.deepEqual([settings.evictionStrategy, settings["parallelMigrationsPerCluster"]], ["LiveMigrate", 3]);
    assert.deepEqual([settings["evictionHardMemory"], settings["shutdownGracePeriodSeconds"]], ["18Gi", 30]);
    assert.deepEqual([cgroup, acceleration, settings["assumed"]], ["v1", "kvm", []]);
    assert.deepEqual(settings["apiServerSkewMs"], skew);
  });

  it("names what it could not read and takes its version's default for it", async () => {
    const { settings, cgroup } = await describeIt({ version: "v1.31.4" });
    assert.deepEqual([settings.nodeMonitorGracePeriodSeconds, cgroup], [40, "v2"]);
    assert.deepEqual((settings["assumed"] as string[]).sort(), [
      "cgroup",
      "evictionHardMemory",
      "evictionPressureTransitionSeconds",
      "nodeMonitorGracePeriodSeconds",
      "notReadyTolerationSeconds",
      "shutdownGracePeriodSeconds",
      "unreachableTolerationSeconds",
    ]);
    assert.equal((await describeIt()).settings.nodeMonitorGracePeriodSeconds, 50, "of 1.32 and later");
  });

  it("says that a kubelet evicts nothing where its map leaves memory out", async () => {
    const configz = JSON.stringify({ kubeletconfig: { evictionHard: { "nodefs.available": "0%" } } });
    assert.equal((await describeIt({ kubelet: { configz } })).settings["evictionHardMemory"], "none");
  });

  it("asks a worker that is ready, and the control plane where there is no other", async () => {
    const configz = JSON.stringify({ kubeletconfig: {} });
    const asked: string[] = [];
    const controlPlane = {
      metadata: { name: "a", labels: { "node-role.kubernetes.io/control-plane": "" } },
      status: ready,
    };
    const lost = { metadata: { name: "b" }, status: { conditions: [{ type: "Ready", status: "Unknown" }] } };
    const listening = (given: Given): KubeClient => {
      const kube = api({ ...given, kubelet: { configz, metrics: "" } });
      return { ...kube, read: (path: string) => (asked.push(path), kube.read(path)) };
    };
    await describeCluster(listening({ nodes: [controlPlane, lost, worker] }), "existing", skew);
    assert.ok(asked.includes("/api/v1/nodes/worker/proxy/configz"), asked.join());
    await describeCluster(listening({ nodes: [controlPlane, lost] }), "existing", skew);
    assert.ok(asked.includes("/api/v1/nodes/a/proxy/configz"), asked.join());
  });

  it("knows operators that meddle with recovery by the API groups that they serve", async () => {
    const groups = ["apps", "remediation.medik8s.io", "hco.kubevirt.io", "cdi.kubevirt.io"];
    assert.deepEqual((await describeIt({ groups })).operators, ["node-health-check", "hyperconverged-cluster"]);
    assert.deepEqual((await describeIt()).operators, [], "none on the recorded cluster");
  });

  it("is refused where there is no KubeVirt", async () => {
    await assert.rejects(describeIt({ kubeVirt: null }), {
      name: "EnvironmentError",
      message: /has no KubeVirt; install one/,
    });
  });
});

describe("durations as Go writes them", () => {
  it("are read in seconds, and what is none is null", () => {
    assert.deepEqual(["50s", "1m40s", "1h0m0.5s", "300ms", "0", "0s"].map(goSeconds), [50, 100, 3600.5, 0.3, 0, 0]);
    assert.deepEqual(["", "5", "five", "5d", "s5"].map(goSeconds), [null, null, null, null, null]);
  });
});
