import { execa } from "execa";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import type { ContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { NodeContainers } from "../../../src/cluster/kind/node-container.ts";
import { missing, useEngine } from "./engine.ts";
import { buildNodeImage, nodeImage } from "./node-image.ts";

export interface PretendCluster extends AsyncDisposable {
  name: string;
  runtime: ContainerRuntime;
  nodes: NodeContainers;
  controlPlane: string;
  worker: string;
  worker2: string;
}

const config = `
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes: [{ role: control-plane }, { role: worker }, { role: worker }]
`;

/** The engine and the `kind` binary, with an image for nodes; the suite is skipped where one of them is not there. */
export async function useKind(suite: Mocha.Context): Promise<ContainerRuntime> {
  const runtime = await useEngine(suite);
  await missing(suite, "the kind binary", () => execa("kind", ["version"]));
  await buildNodeImage();
  return runtime;
}

/** A cluster by the real `kind create cluster`: real nodes, labels and networks, and no Kubernetes in them. */
export async function pretendCluster(runtime: ContainerRuntime): Promise<PretendCluster> {
  const name = `rebound-test-${randomUUID().slice(0, 8)}`;
  const kubeconfig = `/tmp/${name}.kubeconfig`;
  const kind = (args: string[], input = "") =>
    execa("kind", [...args, "--name", name, "--kubeconfig", kubeconfig], {
      input,
      timeout: 120_000,
      // A network of its own: other clusters of the same moment would take its nodes' addresses.
      env: { KIND_EXPERIMENTAL_DOCKER_NETWORK: name },
    });
  await kind(["create", "cluster", "--image", nodeImage, "--config", "-"], config);
  return {
    name,
    runtime,
    nodes: new NodeContainers(runtime, name),
    controlPlane: `${name}-control-plane`,
    worker: `${name}-worker`,
    worker2: `${name}-worker2`,
    [Symbol.asyncDispose]: async () => {
      await kind(["delete", "cluster"]);
      await runtime.engine.getNetwork(name).remove();
      await rm(kubeconfig, { force: true });
    },
  };
}
