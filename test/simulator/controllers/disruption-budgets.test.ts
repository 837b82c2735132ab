import assert from "node:assert/strict";
import type { Pod } from "../../../src/kube/objects.ts";
import type { DisruptionBudget } from "../../../src/simulator/controllers/disruption-budgets.ts";
import { Fixture } from "../fixture.ts";

const resource = "poddisruptionbudgets";

function budgetOf(fixture: Fixture, name: string, namespace = "default"): DisruptionBudget["status"] {
  return fixture.simulation.store.get<DisruptionBudget>(resource, namespace, name)?.status;
}

function createBudget(fixture: Fixture, spec: DisruptionBudget["spec"]): void {
  fixture.simulation.store.create<DisruptionBudget>(resource, {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "budget", namespace: "default" },
    spec: { selector: { matchLabels: { app: "web" } }, ...spec },
  });
  fixture.pass(1);
}

async function evict(
  fixture: Fixture,
  { metadata: { name, namespace } }: Pod,
): Promise<{ status: number; body: string }> {
  const { status, body } = await fixture.simulation.api.handle({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction`,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } }),
  });
  return { status, body: body as string };
}

describe("a disruption budget", () => {
  it("of KubeVirt's lets one replica of two be evicted, and the other when the first is back", async () => {
    const fixture = new Fixture();
    const pods = () =>
      fixture.simulation.store
        .list<Pod>("pods", "kubevirt")
        .filter(({ metadata }) => metadata.labels?.["kubevirt.io"] === "virt-controller");
    fixture.pass(1);
    assert.equal(budgetOf(fixture, "virt-controller-pdb", "kubevirt")?.disruptionsAllowed, 1);
    const [first, second] = pods();
    assert.equal((await evict(fixture, first!)).status, 201);
    const refused = await evict(fixture, second!);
    assert.equal(refused.status, 429);
    assert.match(refused.body, /virt-controller-pdb needs 1 healthy pods and has/);
    fixture.until(() => budgetOf(fixture, "virt-controller-pdb", "kubevirt")?.disruptionsAllowed === 1, 60);
    assert.equal((await evict(fixture, second!)).status, 201);
  });

  it("counts shares of its pods, rounded up, and those that are ready only", () => {
    const fixture = new Fixture();
    for (const name of ["a", "b", "c"]) fixture.runPod(name, {}, { labels: { app: "web" } });
    createBudget(fixture, { maxUnavailable: "34%" });
    assert.deepEqual(
      { ...budgetOf(fixture, "budget"), conditions: undefined },
      {
        observedGeneration: 1,
        disruptionsAllowed: 2,
        currentHealthy: 3,
        desiredHealthy: 1,
        expectedPods: 3,
        conditions: undefined,
      },
    );
    fixture.simulation.store.delete("pods", "default", "a");
    fixture.pass(5);
    assert.equal(budgetOf(fixture, "budget")?.currentHealthy, 2);
  });

  it("lets a pod go that is not ready where enough others are, or in any case where it says so", async () => {
    for (const [unhealthyPodEvictionPolicy, minAvailable, status] of [
      [undefined, 1, 201],
      [undefined, 2, 429],
      ["AlwaysAllow", 2, 201],
    ] as const) {
      const fixture = new Fixture();
      fixture.runPod("ready", {}, { labels: { app: "web" } });
      const gates = { readinessGates: [{ conditionType: "never" }] };
      fixture.createPod("unready", gates, { labels: { app: "web" } });
      fixture.until(() => fixture.pod("unready").status.phase === "Running", 30);
      createBudget(fixture, { minAvailable, ...(unhealthyPodEvictionPolicy && { unhealthyPodEvictionPolicy }) });
      const what = `${unhealthyPodEvictionPolicy} with ${minAvailable}`;
      assert.equal((await evict(fixture, fixture.pod("unready"))).status, status, what);
    }
  });

  it("with a second one over the same pod lets it go to nobody", async () => {
    const fixture = new Fixture();
    const pod = fixture.runPod("a", {}, { labels: { app: "web" } });
    createBudget(fixture, { minAvailable: 0 });
    fixture.simulation.store.create<DisruptionBudget>(resource, {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "another", namespace: "default" },
      spec: { minAvailable: 0, selector: { matchLabels: { app: "web" } } },
    });
    fixture.pass(1);
    const { status, body } = await evict(fixture, pod);
    assert.equal(status, 500);
    assert.match(body, /more than one PodDisruptionBudget/);
  });
});
