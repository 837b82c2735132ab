import assert from "node:assert/strict";
import fc from "fast-check";
import type { Transport } from "../../src/cluster/transport.ts";
import { connect, loadKubeConfig, measureSkew } from "../../src/cluster/real-cluster.ts";
import { realClock } from "../../src/clock/real-clock.ts";
import { ManualClock } from "../clock/manual-clock.ts";

const kubeconfig = (server: string): string => `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "${server}" } }]
users: [{ name: u, user: {} }]
contexts: [{ name: one, context: { cluster: c, user: u } }, { name: two, context: { cluster: c, user: u } }]
current-context: one
`;

describe("the connection to a real cluster", () => {
  it("is to the current context, or to the one that is named", async () => {
    const text = kubeconfig("https://127.0.0.1:1");
    assert.equal((await loadKubeConfig({ kubeconfig: text })).getCurrentContext(), "one");
    assert.equal((await loadKubeConfig({ kubeconfig: text, context: "two" })).getCurrentContext(), "two");
    await assert.rejects(loadKubeConfig({ kubeconfig: text, context: "three" }), {
      name: "UsageError",
      message: "the kubeconfig has no context three; there are one, two",
    });
  });

  it("that cannot be made says to whom", async () => {
    const config = await loadKubeConfig({ kubeconfig: kubeconfig("https://127.0.0.1:1") });
    await assert.rejects(connect(config, realClock()), {
      name: "EnvironmentError",
      message: /API server of context one \(https:\/\/127.0.0.1:1\) does not answer GET \/version: .*ECONNREFUSED/,
    });
  });
});

/** A clock that moves on by itself when somebody sleeps. */
class HurriedClock extends ManualClock {
  override sleep(ms: number): Promise<void> {
    return this.advance(ms);
  }
}

describe("the skew to the API server", () => {
  it("is bounded by what its whole seconds allow, and always holds the true one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: -5000, max: 5000 }),
        fc.integer({ min: 0, max: 40 }),
        async (trueMs, delayMs) => {
          const clock = new HurriedClock();
          const transport: Transport = {
            send: async () => {
              await clock.advance(delayMs);
              const date = new Date(clock.wall().getTime() + trueMs).toUTCString();
              await clock.advance(delayMs);
              return { status: 200, headers: { date }, text: async () => "{}", lines: async () => {} };
            },
            [Symbol.asyncDispose]: async () => {},
          };
          const { leastMs, mostMs } = await measureSkew(transport, clock);
          assert.ok(leastMs <= trueMs && trueMs <= mostMs, `${leastMs} ≤ ${trueMs} ≤ ${mostMs}`);
          assert.ok(mostMs - leastMs <= 1000);
        },
      ),
    );
  });
});
