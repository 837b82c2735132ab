import { EnvironmentError } from "../../errors.ts";
import { callEngine, isNoSuch, type ContainerRuntime } from "./container-runtime.ts";
import { clusterLabel } from "./node-container.ts";

/**
 * Removes every container, running or not, that carries kind's label of the cluster, with its volumes: what is left
 * of a creation that was killed. Returns their names; none is no error.
 */
export async function sweepNodes(runtime: ContainerRuntime, cluster: string, signal?: AbortSignal): Promise<string[]> {
  if (cluster === "") throw new EnvironmentError("no cluster was named: every cluster's nodes would be removed");
  const { engine } = runtime;
  const filters = { label: [`${clusterLabel}=${cluster}`] };
  const found = await callEngine(
    runtime,
    `list what is left of cluster ${cluster}`,
    (abortSignal) => engine.listContainers({ all: true, filters, abortSignal }),
    { signal },
  );
  const names: string[] = [];
  for (const { Id, Names } of found) {
    const name = Names[0]?.replace(/^\//, "") ?? Id;
    try {
      const remove = () => engine.getContainer(Id).remove({ force: true, v: true });
      await callEngine(runtime, `remove container ${name}`, remove, { signal });
    } catch (error) {
      if (!isNoSuch(error)) throw error;
    }
    names.push(name);
  }
  return names;
}
