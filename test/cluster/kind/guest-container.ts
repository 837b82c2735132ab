import type { ContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { proberImage } from "./prober-image.ts";

/** Answers as a guest does: its boot id is that of its process. */
const program = `
const bootId = crypto.randomUUID();
const answer = "HTTP/1.0 200 OK\\r\\n\\r\\n" + bootId + "\\nroot/" + bootId + "\\n";
require("node:net").createServer((socket) => socket.on("error", () => {}).end(answer)).listen(1501, "::");
console.log(bootId);
`;

/** A container that stands for a node with one pod on it, whose address only a route by the node's leads to. */
export interface GuestContainer extends AsyncDisposable {
  address: string;
  pause(): Promise<{ fromMs: number; toMs: number }>;
  unpause(): Promise<{ fromMs: number; toMs: number }>;
}

export async function startGuest(
  runtime: ContainerRuntime,
  network: string,
  podAddress: string,
): Promise<GuestContainer> {
  const container = await runtime.engine.createContainer({
    Image: proberImage,
    Entrypoint: ["/bin/sh", "-c", 'ip addr add "$1/32" dev lo && exec node -e "$2"', "guest", podAddress, program],
    HostConfig: { NetworkMode: network, CapAdd: ["NET_ADMIN"] },
  });
  await container.start();
  const { NetworkSettings } = await container.inspect();
  const timed = async (act: () => Promise<unknown>) => {
    const fromMs = runtime.clock.now();
    await act();
    return { fromMs, toMs: runtime.clock.now() };
  };
  return {
    address: NetworkSettings.Networks[network]!.IPAddress,
    pause: () => timed(() => container.pause()),
    unpause: () => timed(() => container.unpause()),
    [Symbol.asyncDispose]: () => container.remove({ force: true }),
  };
}
