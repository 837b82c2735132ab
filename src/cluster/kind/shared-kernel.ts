import { EnvironmentError } from "../../errors.ts";

/** What reaches past a node's container to the kernel that it shares with this machine. */
const reaches: { pattern: RegExp; what: string }[] = [
  { pattern: /sysrq/i, what: "sysrq" },
  { pattern: /(^|[\s;&|/(])(reboot|halt|poweroff|kexec|shutdown)($|[\s;&|)])/, what: "a reboot" },
  { pattern: /(^|[\s;&|/(])(insmod|rmmod|modprobe)($|[\s;&|)])/, what: "kernel modules" },
  { pattern: /\/proc\/sys\/kernel\/|kernel\.panic/, what: "the kernel's settings" },
];

/**
 * Refuses a command for a node that would hit the machine the nodes run on: their containers are privileged, and a
 * `sysrq` in one of them is one for all.
 */
export function refuseSharedKernel(node: string, command: string[]): void {
  // What follows a script are its data: words for a guest, say.
  const line = command[0] === "sh" && command[1] === "-c" ? (command[2] ?? "") : command.join(" ");
  const hit = reaches.find(({ pattern }) => pattern.test(line));
  if (!hit) return;
  throw new EnvironmentError(
    `refused on node ${node}: ${hit.what} would hit the kernel that all nodes share (${line})`,
  );
}
