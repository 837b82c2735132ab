import { serve } from "../../simulator/api/http.ts";
import { createSimulation } from "../../simulator/create-simulation.ts";
import { runInRealTime } from "../../simulator/real-time.ts";
import { generateCertificates } from "./certificates.ts";
import { kubeconfig } from "./kubeconfig.ts";

/** What to serve, and where. */
export interface ServeOptions {
  seed: number;
  /** How many workers. */
  nodes: number;
  /** The model's seconds per second of the machine. */
  speed: number;
  /** The address to listen on. */
  host: string;
  /** 0 takes any that is free. */
  port: number;
  /** Whether the HyperConverged Cluster Operator is on it. */
  hyperConverged?: boolean;
}

/** A simulated cluster that clients outside of this process can use. */
export interface ServedCluster extends AsyncDisposable {
  readonly url: string;
  /** The text of a kubeconfig with all that a client needs. */
  readonly kubeconfig: string;
  /** Resolves once it is closed; rejects with what went wrong inside the model. */
  readonly closed: Promise<void>;
}

/** Serves a simulated cluster whose time goes along with the machine's, beginning now. */
export async function serveSimulatedCluster(options: ServeOptions): Promise<ServedCluster> {
  const { seed, nodes, speed, host, port, hyperConverged = false } = options;
  const simulation = createSimulation({ seed, workers: nodes, settings: { hyperConverged }, epochMs: Date.now() });
  const { authority, server, client } = await generateCertificates([...new Set([host, "127.0.0.1", "localhost"])]);
  const listening = await serve((request) => simulation.api.handle(request), {
    host,
    port,
    tls: { ...server, clientAuthority: authority },
  });
  const stopped = new AbortController();
  return {
    url: listening.url,
    kubeconfig: kubeconfig(listening.url, authority, client),
    closed: runInRealTime(simulation.clock, speed, stopped.signal),
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await listening[Symbol.asyncDispose]();
    },
  };
}
