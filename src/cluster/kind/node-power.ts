import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError } from "../../errors.ts";
import type { Receipt } from "../cluster.ts";
import { callEngine, isNotModified } from "./container-runtime.ts";
import { compareAddresses } from "./node-addresses.ts";
import { mustRun, type NodeContainer, type NodeContainers } from "./node-container.ts";
import { execInNode } from "./node-exec.ts";

/** How long a node may take to shut down in order before it is killed; systemd gives its units 90 s. */
const shutDownLimitMs = 120_000;
/** How long the engine may take until what it was told to do shows. */
const settleLimitMs = 30_000;
const lookEveryMs = 20;
/** What a harness told the engine before it was killed has reached the node by then, even on a busy machine; in milliseconds. */
const toldMs = 5_000;

type Power = "powerOff" | "powerOn" | "shutDown" | "freeze" | "thaw";

/** Hands on the power of a cluster's nodes. The ways back, `powerOn` and `thaw`, may be called at any time and again. */
export type NodePower = Record<Power, (node: string, signal?: AbortSignal) => Promise<Receipt>>;

/**
 * @param known all nodes as they were before anything was done to them: what addresses are compared with
 */
export function nodePower(nodes: NodeContainers, known: readonly NodeContainer[]): NodePower {
  const { runtime } = nodes;
  const { clock, engine } = runtime;

  const become = (name: string, wanted: NodeContainer["state"][], signal?: AbortSignal): Promise<NodeContainer> =>
    waitUntil(clock, {
      what: `node ${name} to be ${wanted.join(" or ")}`,
      limitMs: settleLimitMs,
      everyMs: lookEveryMs,
      ...(signal && { signal }),
      look: async () => {
        const node = await nodes.find(name, signal);
        return wanted.includes(node.state) ? node : notYet(`it is ${node.state}`);
      },
    });

  /** Ends the node's container; nothing but a node that lives can be ended. */
  const end = async (
    name: string,
    how: (id: string, signal: AbortSignal) => Promise<unknown>,
    limitMs: number,
    signal?: AbortSignal,
  ): Promise<Receipt & { node: NodeContainer }> => {
    const before = await nodes.find(name, signal);
    mustLive(before);
    await mustNotBeTheOnlyControlPlane(nodes, before, signal);
    const fromMs = clock.now();
    await callEngine(runtime, `end node ${name}`, (abort) => how(before.id, abort), { limitMs, signal });
    const node = await become(name, ["exited", "dead"], signal);
    const toMs = endedAt(node, fromMs);
    const evidence = `container ${name} (pid ${before.pid}) exited ${node.exitCode} at ${node.finishedAt}`;
    return { fromMs, toMs, evidence, node };
  };

  /** The engine's own time of the end is nearer to it than the answer; it counts where both clocks are one. */
  const endedAt = ({ finishedAt }: NodeContainer, fromMs: number): number => {
    const nowMs = clock.now();
    const finishedMs = nowMs - (clock.wall().getTime() - Date.parse(finishedAt));
    return runtime.local && finishedMs > fromMs && finishedMs < nowMs ? finishedMs : nowMs;
  };

  /** When systemd in the node says that it is stopping, or the node has ended. */
  const begunToStop = (name: string, signal?: AbortSignal): Promise<number> =>
    waitUntil(clock, {
      what: `node ${name} to begin to stop`,
      limitMs: settleLimitMs,
      everyMs: lookEveryMs,
      ...(signal && { signal }),
      look: async () => {
        const asked = ["systemctl", "is-system-running"];
        const said = await execInNode(nodes, name, asked, { signal }).catch(() => null);
        const state = said?.stdout.trim() || (await nodes.find(name, signal)).state;
        return ["stopping", "offline", "exited", "dead"].includes(state) ? clock.now() : notYet(`it is ${state}`);
      },
    });

  /** The node, once it has done what it may have been told by somebody who is gone by now. */
  const whenTold = async (name: string, signal?: AbortSignal): Promise<NodeContainer> => {
    const found = await nodes.find(name, signal);
    if (found.state !== "running") return found;
    await clock.sleep(toldMs, signal);
    return nodes.find(name, signal);
  };

  /** The node, once it does not shut down any more: it runs on for a while after it was told to. */
  const whenShutDown = async (name: string, signal?: AbortSignal): Promise<NodeContainer> => {
    const found = await whenTold(name, signal);
    if (found.state !== "running") return found;
    return waitUntil(clock, {
      what: `node ${name} to have shut down`,
      limitMs: shutDownLimitMs + settleLimitMs,
      ...(signal && { signal }),
      look: async () => {
        const asked = ["systemctl", "is-system-running"];
        const said = await execInNode(nodes, name, asked, { signal }).catch(() => null);
        if (said?.stdout.trim() === "stopping") return notYet("it shuts down");
        return nodes.find(name, signal);
      },
    });
  };

  return {
    async powerOff(name, signal) {
      const kill = (id: string, abortSignal: AbortSignal) =>
        engine.getContainer(id).kill({ signal: "SIGKILL", abortSignal });
      const { node: _, ...receipt } = await end(name, kill, settleLimitMs, signal);
      return receipt;
    },

    async powerOn(name, signal) {
      const before = await whenShutDown(name, signal);
      const fromMs = clock.now();
      if (before.state === "paused") await unpause(before.id);
      else if (before.state !== "running") await start(before.id);
      const node = await become(name, ["running"], signal);
      const was = before.state === "running" ? "ran already" : `is running (pid ${node.pid})`;
      const evidence = `container ${name} ${was}, ${compareAddresses(node, [...known])}`;
      return { fromMs, toMs: clock.now(), evidence };

      async function start(id: string): Promise<void> {
        await callEngine(
          runtime,
          `start node ${name}`,
          (abortSignal) => engine.getContainer(id).start({ abortSignal }),
          {
            signal,
          },
        ).catch(ignoreIfSo);
      }
      async function unpause(id: string): Promise<void> {
        await callEngine(runtime, `thaw node ${name}`, () => engine.getContainer(id).unpause(), { signal });
      }
    },

    async shutDown(name, signal) {
      const stop = (id: string, abortSignal: AbortSignal) =>
        engine.getContainer(id).stop({ t: shutDownLimitMs / 1000, abortSignal });
      const ending = end(name, stop, shutDownLimitMs + settleLimitMs, signal);
      // It may take a minute and a half to end all that runs on it: the effect is that it began to.
      const begunMs = begunToStop(name, signal).catch(() => null);
      const { node, ...receipt } = await ending;
      const toMs = (await begunMs) ?? receipt.toMs;
      if (node.exitCode !== 137) return { ...receipt, toMs: Math.max(receipt.fromMs, Math.min(toMs, receipt.toMs)) };
      throw new EnvironmentError(
        `node ${name} did not shut down within ${shutDownLimitMs / 1000} s and was killed: that is a loss of power`,
      );
    },

    async freeze(name, signal) {
      const before = await nodes.find(name, signal);
      mustRun(before);
      await mustNotBeTheOnlyControlPlane(nodes, before, signal);
      const fromMs = clock.now();
      await callEngine(runtime, `freeze node ${name}`, () => engine.getContainer(before.id).pause(), { signal });
      const node = await become(name, ["paused"], signal);
      return { fromMs, toMs: clock.now(), evidence: `container ${name} (pid ${node.pid}) is paused` };
    },

    async thaw(name, signal) {
      const before = await whenTold(name, signal);
      const fromMs = clock.now();
      if (before.state === "paused") {
        await callEngine(runtime, `thaw node ${name}`, () => engine.getContainer(before.id).unpause(), { signal });
      }
      const node = await become(name, ["running", "exited", "dead"], signal);
      return { fromMs, toMs: clock.now(), evidence: `container ${name} is ${node.state}, not paused` };
    },
  };
}

function mustLive({ name, state }: NodeContainer): void {
  if (state !== "running" && state !== "paused") throw new EnvironmentError(`node ${name} is ${state} already`);
}

/** Nobody could see, or put back, what happens after. */
export async function mustNotBeTheOnlyControlPlane(
  nodes: NodeContainers,
  { name, role }: NodeContainer,
  signal?: AbortSignal,
): Promise<void> {
  if (role !== "control-plane") return;
  const others = (await nodes.list(signal)).filter((each) => each.role === role && each.name !== name);
  if (others.some(({ state }) => state === "running")) return;
  throw new EnvironmentError(`node ${name} is the cluster's only control plane: it is not broken`);
}

/** Somebody else was faster. */
function ignoreIfSo(error: unknown): void {
  if (!isNotModified(error)) throw error;
}
