import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { createInterface } from "node:readline";
import { ProberConnection } from "../../../src/cluster/prober/prober-connection.ts";
import { ManualClock, settled } from "../../clock/manual-clock.ts";

describe("the connection to a prober's program", () => {
  function connect() {
    const manual = new ManualClock();
    let skippedMs = 0;
    const clock = { ...bound(manual), now: () => manual.now() + skippedMs };
    const out = new PassThrough();
    const process = {
      lines: createInterface({ input: out }),
      tell: () => {},
      [Symbol.asyncDispose]: () => Promise.resolve(void out.end()),
    };
    const connection = new ProberConnection(process, clock, [], { onRun() {}, onBlind() {}, onTold() {} });
    let end: string | null = null;
    void connection.ended.then((reason) => (end = reason));
    const speak = (): void => void out.write('{"kind":"alive","toldMs":0}\n');
    return { manual, connection, speak, ended: () => end, skip: (ms: number) => (skippedMs += ms) };
  }

  it("is given up when nothing is heard for six seconds", async () => {
    const { manual, speak, ended } = connect();
    await manual.advance(3_000);
    speak();
    await manual.advance(6_900);
    assert.equal(ended(), null);
    await manual.advance(200);
    assert.equal(ended(), "nothing was heard of the prober for 6 s");
  });

  it("is not given up by a harness that stood still itself", async () => {
    const { manual, connection, speak, ended, skip } = connect();
    await manual.advance(1_000);
    speak();
    await settled();
    skip(60_000);
    await manual.advance(3_000);
    assert.equal(ended(), null);
    await connection[Symbol.asyncDispose]();
  });
});

function bound(clock: ManualClock) {
  return { wall: () => clock.wall(), sleep: clock.sleep.bind(clock), after: clock.after };
}
