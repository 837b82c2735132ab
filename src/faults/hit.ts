import { ApiError } from "../cluster/api-error.ts";
import type { Cluster, Receipt } from "../cluster/cluster.ts";
import { messageOf } from "../errors.ts";
import type { Hit, Victim } from "./fault.ts";

/** Does `act` to every victim at once; one that cannot be hit is no end for the others. */
export function hitEach(victims: Victim[], act: (victim: Victim) => Promise<Receipt>): Promise<Hit[]> {
  return Promise.all(
    victims.map(async (victim) => {
      try {
        return { victim, receipt: await act(victim) };
      } catch (error) {
        return { victim, receipt: null, reason: messageOf(error), refused: error instanceof ApiError };
      }
    }),
  );
}

/** Does `act` once; all victims share the receipt. */
export function hitAll(victims: Victim[], act: () => Promise<Receipt>): Promise<Hit[]> {
  const once = act();
  return hitEach(victims, () => once);
}

/** Does `act` once to every node that carries a victim; its victims share the receipt. */
export async function hitNodes(victims: Victim[], act: (node: string) => Promise<Receipt>): Promise<Hit[]> {
  const nodes = nodesOf(victims);
  const hits = await Promise.all(
    nodes.map((node) => {
      const aboard = victims.filter((victim) => victim.node === node);
      return hitAll(aboard, () => act(node));
    }),
  );
  return hits.flat();
}

/** The nodes that carry a victim, each once. */
export function nodesOf(victims: Victim[]): string[] {
  return [...new Set(victims.map((victim) => victim.node))];
}

/** Asks something of the API server; that it accepts is the evidence. */
export async function request(
  { clock }: Pick<Cluster, "clock">,
  evidence: string,
  ask: () => Promise<unknown>,
): Promise<Receipt> {
  const fromMs = clock.now();
  await ask();
  return { fromMs, toMs: clock.now(), evidence };
}
