import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A process, told from a later one that was given the same number. */
export interface ProcessIdentity {
  pid: number;
  /** When it began, in its system's own words; the same for as long as it lives. */
  began: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, began: beginningOf(process.pid) ?? "" };
}

/** Whether that very process lives on this machine. */
export function lives({ pid, began }: ProcessIdentity): boolean {
  return beginningOf(pid) === began;
}

/** Null where there is no such process. */
function beginningOf(pid: number): string | null {
  try {
    return process.platform === "linux" ? linuxBeginning(pid) : psBeginning(pid);
  } catch {
    return null;
  }
}

/** Ticks since the machine began, and which of its lives that was: proc(5), field 22. */
function linuxBeginning(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses, which may hold any character.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return state === "Z" ? null : `${boot} ${fields[18]}`;
}

function psBeginning(pid: number): string | null {
  return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
}
