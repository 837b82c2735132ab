import { createInterface } from "node:readline";
import { PassThrough, type Duplex } from "node:stream";
import { withDeadline } from "../../clock/deadline.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { Prober } from "../cluster.ts";
import { defaultProberImage, readProberProgram } from "../prober/prober-program.ts";
import type { LaunchProber, ProberProcess } from "../prober/prober-process.ts";
import { startRemoteProber, type RemoteProberOptions } from "../prober/remote-prober.ts";
import { callEngine, isConflict, isNoSuch, type ContainerRuntime } from "./container-runtime.ts";
import type { NodeContainers } from "./node-container.ts";

/** Label of every prober's container; its value is the cluster. */
export const proberLabel = "rebound.dev/prober";

/** Longest time to have its image and to start it, in milliseconds: it may have to be pulled. */
const startLimitMs = 180_000;

/** How long the program may take to end when its input does, in milliseconds. */
const endLimitMs = 3_000;

/** A container that was made and not started for so long was left by a harness that was killed, in milliseconds. */
const leftoverMs = 600_000;

const folder = "/opt/rebound-prober";

export interface ContainerProberOptions extends Omit<RemoteProberOptions, "launch" | "needsRoutes" | "clock"> {
  nodes: NodeContainers;
  /** An image with Node and `ip`; by default a public one. */
  image?: string | undefined;
}

/**
 * Starts a prober in a container of its own beside a kind cluster's nodes, outside of all of them. It ends with this
 * process, however that ends, and the engine removes it then.
 *
 * @throws EnvironmentError where its image cannot be had, or it does not start
 */
export async function startContainerProber({ nodes, image, ...options }: ContainerProberOptions): Promise<Prober> {
  const { runtime, cluster } = nodes;
  await sweepProbers(runtime, cluster);
  const network = await networkOf(nodes);
  const launch = containerLauncher(runtime, { cluster, network, image: image ?? defaultProberImage });
  return startRemoteProber({ ...options, clock: runtime.clock, launch, needsRoutes: true });
}

interface Place {
  cluster: string;
  network: string;
  image: string;
}

function containerLauncher(runtime: ContainerRuntime, place: Place): LaunchProber {
  return async (signal) => {
    const start = () => startContainer(runtime, place);
    try {
      return await withDeadline(runtime.clock, startLimitMs, start, "it to start", signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new EnvironmentError(
        `the prober's container (image ${place.image}) does not start: ${messageOf(error)}; ` +
          "another image with Node and ip can be named with --image prober=<reference>",
        { cause: error },
      );
    }
  };
}

async function startContainer(runtime: ContainerRuntime, { cluster, network, image }: Place): Promise<ProberProcess> {
  const { GenericContainer } = await import("testcontainers");
  const { files, main } = await readProberProgram();

  /** Its input and output are taken hold of before it starts: it ends when its input does. */
  class ProberContainer extends GenericContainer {
    stream: Duplex | null = null;
    id = "";

    constructor() {
      super(image);
      Object.assign(this.createOpts, { OpenStdin: true, StdinOnce: true, AttachStdin: true });
      this.hostConfig.AutoRemove = true;
    }

    protected override async containerCreated(id: string): Promise<void> {
      this.id = id;
      const streams = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true };
      this.stream = (await runtime.engine.getContainer(id).attach(streams)) as Duplex;
    }
  }

  const container = new ProberContainer()
    // It removes itself: no reaper is needed, whose image would be one more to have.
    .withAutoCleanup(false)
    .withLabels({ [proberLabel]: cluster })
    .withNetworkMode(network)
    .withAddedCapabilities("NET_ADMIN")
    .withUser("0")
    .withCopyContentToContainer(
      Object.entries(files).map(([name, content]) => ({ content, target: `${folder}/${name}` })),
    )
    .withEntrypoint(["node"])
    .withCommand([`${folder}/${main}`]);
  await container.start();
  return speakTo(runtime, container.id, container.stream!);
}

interface Modem {
  demuxStream(stream: Duplex, stdout: PassThrough, stderr: PassThrough): void;
}

function speakTo(runtime: ContainerRuntime, id: string, stream: Duplex): ProberProcess {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let complaint = "";
  stderr.on("data", (part: Buffer) => (complaint = (complaint + part.toString()).slice(-500)));
  for (const event of ["end", "close", "error"]) stream.once(event, () => stdout.end());
  (runtime.engine.modem as Modem).demuxStream(stream, stdout, stderr);
  async function* lines(): AsyncGenerator<string> {
    yield* createInterface({ input: stdout });
    if (complaint !== "") throw new Error(`the prober's program has ended: ${complaint.trim()}`);
  }
  return {
    lines: lines(),
    tell: (line) => void (stream.writable && stream.write(`${line}\n`)),
    [Symbol.asyncDispose]: () => end(runtime, id, stream),
  };
}

/** Ends the program by its input, with which the engine removes its container; else that is removed by force. */
async function end(runtime: ContainerRuntime, id: string, stream: Duplex): Promise<void> {
  const removed = (abortSignal: AbortSignal) =>
    runtime.engine.getContainer(id).wait({ condition: "removed", abortSignal });
  try {
    const gone = callEngine(runtime, "remove the prober's container", removed, { limitMs: endLimitMs });
    stream.end();
    await gone;
  } catch {
    await remove(runtime, id);
  } finally {
    stream.destroy();
  }
}

async function remove(runtime: ContainerRuntime, id: string): Promise<void> {
  try {
    const removal = () => runtime.engine.getContainer(id).remove({ force: true, v: true });
    await callEngine(runtime, `remove the prober's container ${id.slice(0, 12)}`, removal);
  } catch (error) {
    // It is gone, or the engine is about to remove it.
    if (!isNoSuch(error) && !isConflict(error)) throw error;
  }
}

/** Removes the containers of probers that do not run: those of a harness that was killed as it made them. */
async function sweepProbers(runtime: ContainerRuntime, cluster: string): Promise<void> {
  // Not by their state: engines do not agree on the words for it.
  const filters = { label: [`${proberLabel}=${cluster}`] };
  const list = () => runtime.engine.listContainers({ all: true, filters });
  const found = await callEngine(runtime, "list the probers' containers", list);
  const leftBefore = runtime.clock.wall().getTime() - leftoverMs;
  for (const { Id, State, Created } of found) {
    const isAtWork = ["running", "paused", "restarting"].includes(State);
    // Another run may be about to start its own.
    const isToStart = State === "created" && Created * 1000 >= leftBefore;
    if (!isAtWork && !isToStart) await remove(runtime, Id);
  }
}

/** The network that kind's nodes are on. */
async function networkOf(nodes: NodeContainers): Promise<string> {
  const { runtime, cluster } = nodes;
  const [node] = await nodes.list();
  if (node === undefined) throw new EnvironmentError(`the kind cluster ${cluster} has no nodes`);
  const inspect = () => runtime.engine.getContainer(node.id).inspect();
  const { NetworkSettings } = await callEngine(runtime, `inspect node ${node.name}`, inspect);
  return Object.keys(NetworkSettings.Networks)[0]!;
}
