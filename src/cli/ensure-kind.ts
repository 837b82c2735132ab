import { realClock } from "../clock/real-clock.ts";
import { kindCli } from "../cluster/kind/kind-cli.ts";
import { exitCodes } from "../errors.ts";
import { defaultRelease } from "./cluster.ts";
import { say } from "./terminal.ts";

/** Makes the kind cluster that a run is to use, unless there is one of that name; returns the exit code. */
export async function ensureKind(name: string): Promise<number> {
  if ((await kindCli(realClock()).clusters()).includes(name)) return exitCodes.green;
  say(`there is no kind cluster ${name}; making one, as \`rebound cluster up --name ${name}\` does`);
  const { cluster } = await import("./cluster-actions.ts");
  return cluster({ action: "up", name, kubevirt: defaultRelease, json: false });
}
