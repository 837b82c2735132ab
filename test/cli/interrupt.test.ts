import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { onInterrupt } from "../../src/cli/interrupt.ts";

/** A process that only remembers the signals it sends itself. */
class FakeProcess extends EventEmitter {
  readonly pid = 4711;
  readonly killed: string[] = [];
  kill = (pid: number, signal: string | number = "SIGTERM"): true => {
    this.killed.push(`${pid} ${signal}`);
    return true;
  };
}

function listen() {
  const source = new FakeProcess();
  const said: string[] = [];
  const time = { ms: 0 };
  const interrupt = onInterrupt(
    (text) => said.push(text),
    source as unknown as NodeJS.Process,
    () => time.ms,
  );
  return { source, said, time, interrupt };
}

describe("an interrupt", () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    it(`aborts at the first ${signal} and says so`, () => {
      const { source, said, interrupt } = listen();
      source.emit(signal, signal);
      assert.ok(interrupt.signal.aborted);
      assert.match(said.join(), /^interrupted: undoing/);
      assert.deepEqual(source.killed, []);
    });
  }

  it("takes a second signal within a second for the same one", () => {
    const { source, said, time } = listen();
    source.emit("SIGINT", "SIGINT");
    time.ms = 1000;
    source.emit("SIGINT", "SIGINT");
    assert.deepEqual(source.killed, []);
    assert.equal(said.length, 1);
  });

  it("kills at the next signal after that", () => {
    const { source, time } = listen();
    source.emit("SIGINT", "SIGINT");
    time.ms = 1001;
    source.emit("SIGTERM", "SIGTERM");
    assert.deepEqual(source.killed, ["4711 SIGTERM"]);
    assert.equal(source.listenerCount("SIGTERM"), 0, "so that the signal has its usual effect");
  });

  it("stops listening when it is disposed of", () => {
    const { source, interrupt } = listen();
    interrupt[Symbol.dispose]();
    assert.equal(source.listenerCount("SIGINT") + source.listenerCount("SIGTERM"), 0);
  });
});
