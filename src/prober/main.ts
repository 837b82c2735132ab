import { execFile } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Asking, nowMs } from "./asking.ts";
import { orphanedMs, periodMs, type Command, type Report } from "./protocol.ts";

/**
 * The prober: a program that runs beside a cluster, asks guests whether they answer, and prints what it sees. It
 * needs nothing but Node; for routes also `ip`. It ends with its standard input, and when nobody speaks to it.
 */
const tell = (report: Report): void => void process.stdout.write(`${JSON.stringify(report)}\n`);
const asking = new Asking(tell);
const run = promisify(execFile);

async function obey(command: Command): Promise<void> {
  switch (command.kind) {
    case "ask":
      return asking.set(command.target);
    case "forget":
      return asking.forget(command.id);
    case "ping":
      return tell({ kind: "pong", id: command.id, nowMs: nowMs() });
    case "route": {
      const family = command.range.includes(":") ? "-6" : "-4";
      await run("ip", [family, "route", "replace", command.range, "via", command.via], { timeout: 5_000 });
    }
  }
}

const orphaned = setTimeout(() => process.exit(3), orphanedMs);
// Without a reader there is nobody to see for.
process.stdout.on("error", () => process.exit(3));
tell({ kind: "ready", periodMs });
asking.start();
// Commands are obeyed one after the other: a pong tells that what was asked before it is done.
for await (const line of createInterface({ input: process.stdin })) {
  orphaned.refresh();
  try {
    await obey(JSON.parse(line) as Command);
  } catch (error) {
    tell({ kind: "trouble", what: error instanceof Error ? error.message : String(error) });
  }
}
process.exit(0);
