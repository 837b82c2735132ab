import assert from "node:assert/strict";
import { Fixture } from "./fixture.ts";

/** Every change of a history full of accidents, with its time. */
function history(seed: number): string[] {
  const fixture = new Fixture({}, { seed });
  const changes: string[] = [];
  fixture.simulation.store.subscribe(({ verb, resource, object }) => {
    changes.push(`${fixture.simulation.clock.now()} ${verb} ${resource} ${JSON.stringify(object)}`);
  });
  const probe = { tcpSocket: { port: 80 }, periodSeconds: 5 };
  for (const node of ["worker", "worker2", "worker3"]) {
    fixture.createPod(`on-${node}`, {
      containers: [{ name: "main", readinessProbe: probe, livenessProbe: probe }],
      nodeSelector: { "kubernetes.io/hostname": node },
    });
  }
  fixture.pass(30);
  fixture.simulation.hands.powerOff("worker");
  fixture.simulation.hands.disconnect("worker2");
  fixture.pass(100);
  fixture.simulation.hands.powerOn("worker");
  fixture.simulation.hands.connect("worker2");
  fixture.simulation.hands.stopKubelet("worker3");
  fixture.pass(400);
  fixture.simulation.hands.startKubelet("worker3");
  fixture.pass(60);
  return changes;
}

describe("the history of a simulation", () => {
  it("is the same, change for change, with the same seed", () => {
    assert.deepEqual(history(7), history(7));
  });

  it("has other times with another seed, and the same outcome", () => {
    const [one, other] = [history(7), history(8)];
    assert.notDeepEqual(one, other);
    // The pod of the node whose kubelet was away for too long is the only one that is deleted.
    const deleted = (changes: string[]): number => changes.filter((change) => change.includes(" DELETED pods ")).length;
    assert.deepEqual([deleted(one), deleted(other)], [1, 1]);
  });
});
