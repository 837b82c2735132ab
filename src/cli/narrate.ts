import type { VirtualMachineInstance } from "../kube/objects.ts";
import type { JournalLine } from "../observe/journal.ts";

/** Tells a person what a journal's lines mean as they come: what is done, what it did, and what the VMs do. */
export class Narrator {
  readonly #tell: (text: string) => void;
  readonly #states = new Map<string, string>();

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  readonly hear = (line: JournalLine): void => {
    const text = this.#textOf(line);
    if (text !== null) this.#tell(`${line.at.toFixed(1).padStart(7)} s  ${text}`);
  };

  #textOf(line: JournalLine): string | null {
    switch (line.kind) {
      case "action":
        return actionText(line);
      case "bite":
        return `${line.variant} is hit: ${line.evidence}`;
      case "sample":
        if (line.channel === "service")
          return `users of Service ${line.service} are ${line.ok ? "served" : "not served"}`;
        return `the guest of ${line.vm} ${line.ok ? "answers" : "does not answer"}`;
      case "watch":
        return line.resource === "virtualmachineinstances"
          ? this.#vmiText(line.verb, line.object as VirtualMachineInstance)
          : null;
      case "watch-lost":
        return `nothing was seen of ${line.resource} for ${(line.to - line.from).toFixed(1)} s: ${line.reason}`;
      case "end":
        return line.reason === undefined ? "all is as it was before" : line.reason;
      case "plan":
      case "phase":
      case "clock":
        return null;
    }
  }

  /** Where that differs from what was told of it last. */
  #vmiText(verb: string, { metadata: { name, uid }, status }: VirtualMachineInstance): string | null {
    const where = status.nodeName === undefined ? "" : ` on ${status.nodeName}`;
    const state = verb === "DELETED" ? "is gone" : `is ${status.phase || "made"}${where}`;
    if (this.#states.get(uid) === state) return null;
    this.#states.set(uid, state);
    return `VMI ${name} (${uid.slice(0, 8)}) ${state}`;
  }
}

function actionText({ name, phase, target, result, variant }: JournalLine & { kind: "action" }): string | null {
  if (name === "not-hit" || name === "refused")
    return `${String(variant)} was ${name === "refused" ? "refused" : "not hit"}: ${result}`;
  if (name === "inject") return phase === "start" ? `injecting into ${String(target)}` : `injected: ${result}`;
  if (name === "revert") return phase === "start" ? "taking it back" : "taken back";
  return null;
}
