import { uptime } from "node:os";
import type { Clock } from "../../clock/clock.ts";
import type { KubeClient } from "../kube-client.ts";
import { mustRunOn, type NodeShell, type ScriptResult } from "../node-shell.ts";

/** What hands on a real cluster work with. */
export interface HandTools {
  shell: NodeShell;
  kube: KubeClient;
  clock: Clock;
}

/** Something done on a node. */
export interface Act {
  /** Completes the sentence "on node worker, … failed". */
  what: string;
  /** It stamps the moment of what it does with `begin` and `end`, and reports with `say name value`; see `prelude`. */
  script: string;
  args?: string[];
  limitSeconds?: number;
}

export interface Done {
  /** When it took effect: between the node's own stamps where its clock is this process's, else within the call. */
  fromMs: number;
  toMs: number;
  said: Record<string, string>;
}

/** Begins every script of a hand. */
const prelude = `
set -u
tick() { read -r now _ </proc/uptime; } # no process is begun for it: on a busy machine that takes its time
begin() { tick; echo "@begin $now"; }
end() { tick; echo "@end $now"; }
say() { echo "=$1 $2"; }
fail() { echo "$*" >&2; exit 1; }
lives() { # a process; one that has ended and was not buried yet does not
  case $(sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' "/proc/$1/status" 2>/dev/null) in "" | Z | X) return 1 ;; esac
}
pids_of() { # a container's id, a pattern for the command's name: by the control group, which no command line imitates
  grep -lE "^($2)\\$" /proc/[0-9]*/comm 2>/dev/null | while IFS=/ read -r _ _ pid _; do
    if grep -q -- "$1" "/proc/$pid/cgroup" 2>/dev/null; then echo "$pid"; fi
  done
}
`;

/** All that a node's shell is given for an act. */
export function scriptOf({ script }: Act): string {
  return prelude + script;
}

/** @throws EnvironmentError when it fails, with the reason that its script gave */
export async function actOn({ shell, clock }: HandTools, node: string, act: Act): Promise<Done> {
  const { what, args = [], limitSeconds = 20 } = act;
  const result = await mustRunOn(shell, node, what, scriptOf(act), args, { limitSeconds });
  const lines = result.stdout.split("\n");
  const said = Object.fromEntries(
    lines.map((line) => /^=(\S+) (.*)$/.exec(line)).flatMap((match) => (match ? [[match[1]!, match[2]!]] : [])),
  );
  const stampOf = (name: string): number | null => {
    const line = lines.findLast((each) => each.startsWith(`@${name} `));
    return line === undefined || !shell.sharesClock ? null : onClock(clock, Number(line.split(" ")[1]));
  };
  const begin = stampOf("begin");
  const end = stampOf("end");
  return {
    fromMs: placed(begin === null ? null : begin - grainMs, result.fromMs, result),
    toMs: placed(end === null ? null : end + grainMs, result.toMs, result),
    said,
  };
}

/** The kernel tells its uptime in hundredths of a second, there and here. */
const grainMs = 10;

/** A moment of the kernel's uptime, in seconds, on the clock of a process that has the same kernel. */
function onClock(clock: Clock, uptimeSeconds: number): number {
  return clock.now() - (uptime() - uptimeSeconds) * 1000;
}

/** A stamp that is not within its call is no stamp of this kernel's. */
function placed(stampMs: number | null, otherwise: number, { fromMs, toMs }: ScriptResult): number {
  const isWithin = stampMs !== null && stampMs >= fromMs - 2 * grainMs && stampMs <= toMs + 2 * grainMs;
  if (!isWithin) return otherwise;
  return Math.min(Math.max(stampMs, fromMs), toMs);
}
