import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { realClock } from "../../../src/clock/real-clock.ts";
import { notYet, waitUntil } from "../../../src/clock/wait-until.ts";
import type { Prober, Sample } from "../../../src/cluster/cluster.ts";
import { startRemoteProber } from "../../../src/cluster/prober/remote-prober.ts";
import type { Command, Report } from "../../../src/prober/protocol.ts";
import { PretendKube } from "./pretend-kube.ts";

const clock = realClock();
const silent = { ok: false, bootId: null, marker: null };
const up = { ok: true, bootId: "one", marker: "root/a" };

/** A program whose clock is `aheadMs` ahead of the machine's, and whose words a test says. */
class Program {
  readonly heard: Command[] = [];
  readonly #out = new PassThrough();
  readonly #aheadMs: number;

  constructor(aheadMs: number) {
    this.#aheadMs = aheadMs;
  }

  get nowMs(): number {
    return Number(process.hrtime.bigint()) / 1e6 + this.#aheadMs;
  }

  readonly process = {
    lines: this.#lines(),
    tell: (line: string) => {
      const command = JSON.parse(line) as Command;
      this.heard.push(command);
      if (command.kind === "ping") this.say({ kind: "pong", id: command.id, nowMs: this.nowMs });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(this.end()),
  };

  async *#lines(): AsyncGenerator<string> {
    yield* createInterface({ input: this.#out });
  }

  say(report: Report): void {
    if (!this.#out.writableEnded) this.#out.write(`${JSON.stringify(report)}\n`);
  }

  end(): void {
    this.#out.end();
  }
}

describe("a prober whose program runs elsewhere", () => {
  const open: Prober[] = [];
  afterEach(() => Promise.all(open.splice(0).map((prober) => prober[Symbol.asyncDispose]())));

  async function start(aheadMs = 0) {
    const kube = new PretendKube();
    const programs: Program[] = [];
    const samples: Sample[] = [];
    const losses: [fromMs: number, toMs: number, reason: string][] = [];
    kube.pod("ADDED", "pod", "vm", { phase: "Running", podIP: "10.0.0.1" });
    const prober = await startRemoteProber({
      kube: kube.client,
      clock,
      namespace: "lab",
      needsRoutes: false,
      awayFrom: ["broken"],
      launch: () => {
        programs.push(new Program(aheadMs));
        return Promise.resolve(programs.at(-1)!.process);
      },
      onSample: (sample) => samples.push(sample),
      onLost: (...loss) => losses.push(loss),
    });
    open.push(prober);
    return { kube, programs, samples, losses, prober, program: programs[0]! };
  }

  const until = <T>(what: string, look: () => T | undefined) =>
    waitUntil(clock, { what, limitMs: 5_000, everyMs: 5, look: () => look() ?? notYet("nothing") });

  it("tells it whom to ask, and when that changes", async () => {
    const { kube, program } = await start();
    const asks = () => program.heard.flatMap((each) => (each.kind === "ask" ? [each.target.addresses] : []));
    assert.deepEqual(asks(), [["10.0.0.1"]]);
    kube.pod("ADDED", "target", "vm", { phase: "Running", podIP: "10.0.1.1" });
    assert.deepEqual(asks().at(-1), ["10.0.0.1", "10.0.1.1"]);
    for (const name of ["pod", "target"]) kube.pod("MODIFIED", name, "vm", { phase: "Failed" });
    assert.deepEqual(program.heard.at(-1), { kind: "forget", id: "vm-uid" });
  });

  it("says nothing of a guest before its first answer: it may be one that cannot answer", async () => {
    const { program, samples } = await start();
    const { nowMs } = program;
    program.say({ kind: "run", id: "vm-uid", ...silent, askedMs: nowMs, knownMs: nowMs, lastOfPreviousMs: null });
    program.say({
      kind: "run",
      id: "vm-uid",
      ...up,
      askedMs: nowMs + 10,
      knownMs: nowMs + 12,
      lastOfPreviousMs: nowMs,
    });
    const first = await until("a sample", () => samples[0]);
    assert.equal(first.ok, true);
    assert.equal(first.vm, "vm");
    assert.ok(first.atMs - first.lastOfPreviousMs! < 12.1, "the silence before bounds it");
  });

  it("asks by a node that is not to be broken how users of a Service fare, and says so once they were served", async () => {
    const { kube, program, samples } = await start();
    const [metadata, ports] = [{ name: "shop", uid: "shop-uid" }, [{ port: 80, nodePort: 30080 }]];
    kube.show("ADDED", "services", { metadata, spec: { selector: { "kubevirt.io": "virt-launcher" }, ports } });
    kube.node("broken", "172.18.0.2", []);
    kube.node("stands-by", "172.18.0.3", []);
    kube.node("another", "172.18.0.1", []);
    const target = { id: "shop-uid", addresses: ["172.18.0.3"], port: 30080 };
    assert.deepEqual(program.heard.at(-1), { kind: "ask", target });

    const say = (answer: typeof up | typeof silent, ms: number, lastOfPreviousMs: number | null): void =>
      program.say({ kind: "run", id: "shop-uid", ...answer, askedMs: ms, knownMs: ms, lastOfPreviousMs });
    const { nowMs } = program;
    say(silent, nowMs, null);
    say(up, nowMs + 10, nowMs);
    say({ ...up, bootId: "another" }, nowMs + 20, nowMs + 10);
    say(silent, nowMs + 30, nowMs + 20);
    await until("two samples", () => samples[1]);
    assert.deepEqual(
      samples.map(({ channel, service, vm, uid, ok }) => [channel, service, vm, uid, ok]),
      [true, false].map((ok) => ["service", "shop", "vm", "shop-uid", ok]),
    );

    kube.show("DELETED", "services", { metadata, spec: { ports } });
    assert.deepEqual(program.heard.at(-1), { kind: "forget", id: "shop-uid" });
  });

  it("reads a clock that it shares exactly, and bounds one that it does not", async () => {
    for (const aheadMs of [0, 5_000_000]) {
      const { program, samples } = await start(aheadMs);
      const before = clock.now();
      const { nowMs } = program;
      const after = clock.now();
      program.say({ kind: "run", id: "vm-uid", ...up, askedMs: nowMs, knownMs: nowMs, lastOfPreviousMs: nowMs });
      const { atMs, lastOfPreviousMs } = await until("a sample", () => samples[0]);
      // What it takes to read both clocks, one after the other.
      const slackMs = 0.1;
      assert.ok(
        lastOfPreviousMs! <= after + slackMs && atMs >= before - slackMs,
        `${lastOfPreviousMs}…${atMs} and ${before}…${after}`,
      );
      if (aheadMs === 0) assert.equal(atMs, lastOfPreviousMs);
      else assert.ok(atMs > lastOfPreviousMs! && atMs - lastOfPreviousMs! < 1_000);
    }
  });

  it("is started anew when it ends; the time between is lost, and a change in it is known no closer", async () => {
    const { program, programs, samples, losses, prober } = await start();
    const told = program.nowMs;
    program.say({ kind: "run", id: "vm-uid", ...up, askedMs: told, knownMs: told, lastOfPreviousMs: null });
    program.say({ kind: "alive", toldMs: told });
    await until("a sample", () => samples[0]);
    program.end();
    const again = await until("another program", () => programs[1]);
    const [fromMs, toMs, reason] = await until("a loss", () => losses[0]);
    assert.equal(fromMs, samples[0]!.atMs);
    assert.ok(toMs > fromMs);
    assert.match(reason, /has ended/);
    assert.equal(prober.lost, null);
    const { nowMs } = again;
    again.say({ kind: "run", id: "vm-uid", ...silent, askedMs: nowMs, knownMs: nowMs, lastOfPreviousMs: null });
    const change = await until("the change", () => samples[1]);
    assert.deepEqual([change.ok, change.lastOfPreviousMs], [false, fromMs]);
  });

  it("says when its program asked nobody", async () => {
    const { program, losses } = await start();
    const { nowMs } = program;
    program.say({ kind: "blind", fromMs: nowMs - 3_000, toMs: nowMs });
    const [fromMs, toMs, reason] = await until("a loss", () => losses[0]);
    assert.ok(toMs - fromMs >= 3_000);
    assert.match(reason, /did not run/);
  });

  it("tells on of two guests of one name which of them answers", async () => {
    const { kube, program, samples } = await start();
    kube.show("ADDED", "pods", {
      metadata: {
        name: "second",
        uid: "second-uid",
        labels: { "kubevirt.io/created-by": "other-uid" },
        annotations: { "kubevirt.io/domain": "vm" },
      },
      status: { phase: "Running", podIP: "10.0.1.1" },
    });
    const { nowMs } = program;
    program.say({ kind: "run", id: "vm-uid", ...up, askedMs: nowMs, knownMs: nowMs, lastOfPreviousMs: null });
    program.say({ kind: "alive", toldMs: nowMs + 6_000 });
    const again = await until("the second word", () => samples[1]);
    assert.deepEqual([again.uid, again.ok, again.bootId], ["vm-uid", true, "one"]);
    assert.ok(again.atMs > samples[0]!.atMs);
  });

  it("cannot be started where it does not obey", async () => {
    const program = new Program(0);
    const starting = startRemoteProber({
      kube: new PretendKube().client,
      clock,
      namespace: "lab",
      needsRoutes: false,
      awayFrom: ["broken"],
      launch: () => {
        program.say({ kind: "trouble", what: "ip: not found" });
        return Promise.resolve(program.process);
      },
      onSample: () => {},
    });
    await assert.rejects(starting, { name: "EnvironmentError", message: /the prober cannot ask: ip: not found/ });
  });
});
