import type { Cluster } from "../cluster.ts";
import { mustRunOn, type NodeShell } from "../node-shell.ts";

/** More is not read at once, in lines: the newest are what matters. */
const mostLines = 5000;

const script = `journalctl -u "$1" --since "@$2" -n ${mostLines} -o short-iso-precise --no-pager -q`;

/** What systemd's journal on a node has of a unit. */
export function unitLogBy(shell: NodeShell): NonNullable<Cluster["unitLog"]> {
  return async (node, unit, since) => {
    const seconds = (since.getTime() / 1000).toFixed(3);
    return (await mustRunOn(shell, node, `reading the log of ${unit}`, script, [unit, seconds])).stdout;
  };
}
