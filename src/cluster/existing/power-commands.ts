import type { Clock } from "../../clock/clock.ts";
import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError, UsageError } from "../../errors.ts";
import type { Node } from "../../kube/objects.ts";
import { nodes } from "../../kube/resources.ts";
import type { Receipt } from "../cluster.ts";
import { runCommand } from "../kind/command.ts";
import type { KubeClient } from "../kube-client.ts";
import { fillTemplate, type CommandTemplate } from "./power-template.ts";

/** How a user switches nodes: three commands, and what the last one says of a node that is on. */
export interface PowerCommands {
  off: CommandTemplate;
  on: CommandTemplate;
  status: CommandTemplate;
  /** A pattern that matches what `status` prints of a node that is on, and of no other. */
  isOn: string;
}

/** The power button of each node. */
export interface NodePower {
  powerOff(node: string): Promise<Receipt>;
  powerOn(node: string): Promise<Receipt>;
}

/** A management controller answers within seconds, a cloud's API within a minute. */
const commandMs = 90_000;
/** A node that was told to switch itself off or on has done so by then, in milliseconds. */
const switchedMs = 120_000;
const lookMs = 500;

/** Switches nodes with a user's commands; what their own `status` says is the proof. */
export function nodePowerBy(commands: PowerCommands, kube: KubeClient, clock: Clock): NodePower {
  const isOn = new RegExp(commands.isOn, "m");

  const run = async (which: "off" | "on" | "status", node: Node): Promise<string> => {
    const [program = "", ...args] = fillTemplate(commands[which], node);
    // Its arguments may hold a password.
    const called = `the ${which} command for node ${node.metadata.name}`;
    return runCommand(program, args, { clock, limitMs: commandMs, called });
  };

  const turn = async (which: "off" | "on", name: string): Promise<Receipt> => {
    const node = await kube.get<Node>(nodes, name);
    if (node === null) throw new EnvironmentError(`there is no node ${name} to switch ${which}`);
    const wanted = which === "on";
    if (!wanted && !isOn.test(await run("status", node))) {
      throw new EnvironmentError(`node ${name} is not on: its status does not match "${commands.isOn}"`);
    }
    const fromMs = clock.now();
    await run(which, node);
    const evidence = await waitUntil(clock, {
      what: `node ${name} to be ${which}`,
      limitMs: switchedMs,
      everyMs: lookMs,
      look: async () => {
        const said = (await run("status", node)).trim();
        return isOn.test(said) === wanted ? `its status says "${oneLine(said)}"` : notYet(oneLine(said));
      },
    });
    return { fromMs, toMs: clock.now(), evidence };
  };

  return { powerOff: (node) => turn("off", node), powerOn: (node) => turn("on", node) };
}

/** @throws UsageError where it is no pattern */
export function checkPattern(pattern: string, where: string): void {
  try {
    new RegExp(pattern, "m");
  } catch {
    throw new UsageError(`${where} must be a pattern (a regular expression), not "${pattern}"`);
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 120);
}
