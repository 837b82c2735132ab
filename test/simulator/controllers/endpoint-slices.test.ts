import assert from "node:assert/strict";
import type { Pod, Service } from "../../../src/kube/objects.ts";
import type { EndpointSlice } from "../../../src/simulator/controllers/endpoint-slices.ts";
import { Fixture } from "../fixture.ts";

const labels = { app: "web" };

function withService(): Fixture {
  const fixture = new Fixture();
  fixture.simulation.store.create<Service>("services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "default" },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 1500 }] },
  });
  return fixture;
}

const slicesOf = (fixture: Fixture): EndpointSlice[] =>
  fixture.simulation.store.list<EndpointSlice>("endpointslices", "default");

/** Of each endpoint its pod, and what holds of it. */
function endpointsOf(fixture: Fixture): string[] {
  return slicesOf(fixture).flatMap(({ endpoints }) =>
    endpoints.map(({ targetRef, conditions }) => {
      const holds = Object.entries(conditions).filter(([, is]) => is);
      return [targetRef.name, ...holds.map(([name]) => name)].join(" ");
    }),
  );
}

describe("the endpoints of a Service", () => {
  it("are the pods that it selects, ready as soon as they are", () => {
    const fixture = withService();
    fixture.runPod("web-1", {}, { labels });
    fixture.runPod("other", {}, { labels: { app: "other" } });
    fixture.pass(1);
    assert.deepEqual(endpointsOf(fixture), ["web-1 ready serving"]);
    assert.deepEqual(slicesOf(fixture)[0]!.ports, [{ name: "", port: 1500, protocol: "TCP" }]);
  });

  it("are not ready any more once their node is lost, and are back with it", () => {
    const fixture = withService();
    const pod = fixture.runPod("web-1", {}, { labels });
    fixture.simulation.hands.disconnect(pod.spec.nodeName!);
    const lostAfter = fixture.until(() => endpointsOf(fixture)[0] === "web-1", 120);
    assert.ok(lostAfter > 40, `after ${lostAfter} s: the node's grace period comes first`);
    fixture.simulation.hands.connect(pod.spec.nodeName!);
    fixture.until(() => endpointsOf(fixture)[0] === "web-1 ready serving", 60);
  });

  it("serve on while they end, and are gone with their pod", () => {
    const fixture = withService();
    fixture.runPod("web-1", {}, { labels });
    fixture.simulation.store.delete<Pod>("pods", "default", "web-1");
    fixture.until(() => endpointsOf(fixture)[0] === "web-1 serving terminating", 5);
    fixture.until(() => endpointsOf(fixture).length === 0, 60);
  });

  it("stay as they are while the controller manager is away", () => {
    const fixture = withService();
    fixture.simulation.hands.stopComponent("kube-controller-manager");
    fixture.runPod("web-1", {}, { labels });
    fixture.pass(60);
    assert.deepEqual(endpointsOf(fixture), []);
    fixture.simulation.hands.startComponent("kube-controller-manager");
    fixture.until(() => endpointsOf(fixture).length === 1, 60);
  });

  it("go with the Service", () => {
    const fixture = withService();
    fixture.pass(1);
    assert.equal(slicesOf(fixture).length, 1);
    fixture.simulation.store.delete("services", "default", "web");
    fixture.until(() => slicesOf(fixture).length === 0, 5);
  });

  it("are printed as kubectl prints them", async () => {
    const fixture = withService();
    const pod = fixture.runPod("web-1", {}, { labels });
    fixture.pass(1);
    const { body } = await fixture.simulation.api.handle({
      method: "GET",
      path: "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    });
    const { columnDefinitions, rows } = JSON.parse(body as string) as {
      columnDefinitions: { name: string }[];
      rows: { cells: string[] }[];
    };
    const names = columnDefinitions.map(({ name }) => name);
    assert.deepEqual(names, ["Name", "AddressType", "Ports", "Endpoints", "Age"]);
    assert.deepEqual(rows[0]!.cells.slice(1, 4), ["IPv4", "1500", pod.status.podIP]);
  });
});
