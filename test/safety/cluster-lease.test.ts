import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import { EnvironmentError } from "../../src/errors.ts";
import { leases } from "../../src/kube/resources.ts";
import { home, takeLease } from "../../src/safety/cluster-lease.ts";

describe("the lease on a shared cluster", () => {
  let cluster: Cluster;

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 1 });
  });

  afterEach(() => cluster[Symbol.asyncDispose]());

  const take = (holder: string, dead = "") => takeLease(cluster, holder, (each) => each === dead);

  it("keeps another run away for as long as it is renewed", async () => {
    await using _held = await take("run 1");
    const asked = cluster.clock.now();
    await assert.rejects(take("run 2"), { name: "EnvironmentError", message: /^run 1 is at work on this cluster/ });
    assert.ok(cluster.clock.now() - asked >= 60_000, "it was watched for as long as a renewal may take");
    await cluster.clock.sleep(600_000);
    await assert.rejects(take("run 2"), /run 1 is at work/);
  });

  it("can be taken again as soon as it was given back", async () => {
    await (await take("run 1"))[Symbol.asyncDispose]();
    const asked = cluster.clock.now();
    await (await take("run 2"))[Symbol.asyncDispose]();
    assert.ok(cluster.clock.now() - asked < 1000);
  });

  it("falls to the next one when its holder does not renew it", async () => {
    const dead = await take("run 1");
    await abandon();
    await using _held = await take("run 2");
    await cluster.clock.sleep(30_000);
    assert.match(String(dead.lost.reason), /run 2 is at work/, "and who lost it hears so");
  });

  it("falls at once to who knows that its holder is dead", async () => {
    await take("run 1");
    const asked = cluster.clock.now();
    await using _held = await take("run 2", "run 1");
    assert.ok(cluster.clock.now() - asked < 1000);
  });

  it("is lost when it cannot be renewed, and its holder hears so", async () => {
    const held = await take("run 1");
    const broken = cluster.kube.get.bind(cluster.kube);
    cluster.kube.get = () => Promise.reject(new EnvironmentError("the API server is away"));
    await cluster.clock.sleep(30_000);
    assert.equal(held.lost.aborted, false, "it may be back in time");
    await cluster.clock.sleep(70_000);
    cluster.kube.get = broken;
    assert.match(String(held.lost.reason), /could not be renewed: the API server is away/);
  });

  it("is given to one of two who ask at once", async () => {
    const ends = await Promise.allSettled(["run 1", "run 2", "run 3"].map((run) => take(run)));
    assert.equal(ends.filter(({ status }) => status === "fulfilled").length, 1);
    for (const end of ends) if (end.status === "fulfilled") await end.value[Symbol.asyncDispose]();
  });

  /** Writes the lease as its holder would, and then never again: the timer of that holder is not this clock's. */
  async function abandon(): Promise<void> {
    const patch = cluster.kube.mergePatch.bind(cluster.kube);
    cluster.kube.mergePatch = async (resource, ...rest) => {
      if (resource === leases && JSON.stringify(rest).includes("run 1")) throw new Error("its network is gone");
      return patch(resource, ...rest);
    };
    assert.ok(await cluster.kube.get(leases, "rebound", home));
  }
});
