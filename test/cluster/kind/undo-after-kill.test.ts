import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { marksOn } from "../../../src/cluster/hands/marks.ts";
import { kindNodeShell } from "../../../src/cluster/kind/kind-node-shell.ts";
import { mustRunOn, type NodeShell } from "../../../src/cluster/node-shell.ts";
import { FileJournal, findJournals } from "../../../src/safety/file-journal.ts";
import { findWrittenFault } from "../../../src/safety/find-fault.ts";
import { UndoStack } from "../../../src/safety/undo-stack.ts";
import { doomedCluster } from "./doomed-cluster.ts";
import { pretendCluster, useKind, type PretendCluster } from "./pretend-cluster.ts";
import { beginGuest, endGuest } from "./pretend-guest.ts";

/** Every fault whose hands reach into containers and that has something to take back. */
const faults: [name: string, parameters: Record<string, string>][] = [
  ["node-shutdown", { how: "power-loss" }],
  ["node-shutdown", { how: "orderly" }],
  ["node-freeze", {}],
  ["node-partition", {}],
  ["kubelet-stop", {}],
  ["runtime-stop", {}],
  ["node-pressure", {}],
  ["component-stop", { component: "virt-handler" }],
  ["api-cut", {}],
  ["probe-failure", { probe: "liveness", how: "port-closed" }],
];

/** When it is killed: at a moment of the run, or so many milliseconds after that began. */
const moments: [moment: string, afterMs: number][] = [
  ["injecting", 20],
  ["injecting", 150],
  ["injected", 0],
  ["reverting", 60],
];

describe("a harness that is killed while its hands are in node containers", function () {
  this.timeout(180_000);
  let cluster: PretendCluster;
  let shell: NodeShell;
  let home: string;
  const stateHome = process.env["XDG_STATE_HOME"];

  before(async function () {
    cluster = await pretendCluster(await useKind(this));
    shell = kindNodeShell(cluster.nodes);
    home = mkdtempSync(join(tmpdir(), "rebound-doomed-"));
    process.env["XDG_STATE_HOME"] = home;
    const serve = "mkdir -p /www; echo served > /www/index.html; httpd -p 6443 -h /www";
    await mustRunOn(shell, cluster.controlPlane, "a server", serve);
  });

  after(async () => {
    if (stateHome === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = stateHome;
    await cluster?.[Symbol.asyncDispose]();
    if (home !== undefined) rmSync(home, { recursive: true });
  });

  beforeEach(async () => {
    await endGuest(shell, cluster.worker);
    await beginGuest(shell, cluster.worker);
    await mustRunOn(shell, cluster.worker, "virt-handler", "setsid virt-handler 100000 </dev/null >/dev/null 2>&1 &");
  });

  // What one fault left is not the next one's.
  afterEach(() => rmSync(join(home, "rebound"), { recursive: true, force: true }));

  /** What can be seen of the nodes from outside and inside. */
  async function look(): Promise<string[]> {
    const nodes = await cluster.nodes.list();
    const inside = nodes.map(async ({ name, state }) => (state === "running" ? marksOn(shell, name) : []));
    return [...nodes.map(({ name, state }) => `${name} is ${state}`), ...(await Promise.all(inside)).flat()];
  }

  const script = join(import.meta.dirname, "doomed-fault.ts");
  for (const [fault, parameters] of faults) {
    for (const [moment, afterMs] of fault === "kubelet-stop" ? [["written", 0] as const, ...moments] : moments) {
      const kind = Object.values(parameters).join(", ");
      const when = afterMs === 0 ? `when it is ${moment}` : `${afterMs} ms into ${moment} it`;
      it(`${when} (${fault}${kind && `, ${kind}`}) leaves what a fresh process puts back`, async () => {
        const before = await look();
        const words = [cluster.name, fault, JSON.stringify(parameters), moment, String(afterMs)];
        const { signal, stderr } = await execa(process.execPath, [script, ...words], { reject: false });
        assert.equal(signal, "SIGKILL", stderr);
        const [found] = findJournals();
        // It may have come to its end.
        if (found!.outstanding.length > 0) {
          const journal = FileJournal.adopt(found!);
          const fresh = await doomedCluster(cluster.runtime, cluster.name);
          assert.deepEqual(await new UndoStack(fresh, journal, findWrittenFault, journal.outstanding).unwind(), []);
          journal.release();
        } else FileJournal.adopt(found!).release();
        assert.deepEqual(findJournals(), []);
        assert.deepEqual(await look(), before);
      });
    }
  }
});
