import { realClock } from "../../../src/clock/real-clock.ts";
import { findContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { NodeContainers } from "../../../src/cluster/kind/node-container.ts";
import { startContainerProber } from "../../../src/cluster/kind/prober-container.ts";
import { PretendKube } from "../prober/pretend-kube.ts";
import { proberImage } from "./prober-image.ts";

/** A harness that has a prober ask, until it is killed. Its argument names the cluster. */
const kube = new PretendKube();
await startContainerProber({
  nodes: new NodeContainers(await findContainerRuntime(realClock()), process.argv[2]!),
  image: proberImage,
  kube: kube.client,
  namespace: "lab",
  onSample: () => {},
});
process.stdout.write("asking\n");
