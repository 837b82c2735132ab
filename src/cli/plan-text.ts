import type { Prepared } from "../experiment/prepare.ts";
import { formatMs } from "../report/format.ts";
import { columns } from "./columns.ts";
import { hasColours } from "./terminal.ts";

/** What would be run, for a person: every experiment, its phases, and what is expected of each variant in each. */
export function planText(prepared: Prepared[]): string {
  return prepared.map(experimentText).join("\n\n") + "\n";
}

/** The same for a program: the plans as they will stand in the journals. */
export function planJson(prepared: Prepared[]): string {
  const plans = prepared.map(({ plan }) => plan);
  return JSON.stringify(plans, null, 2) + "\n";
}

function experimentText({ plan, fault }: Prepared): string {
  const rows = plan.variants.flatMap(({ name, role, expectations, skip }) =>
    skip !== null
      ? [[name, role, "", `skipped: ${skip}`, ""]]
      : Object.entries(expectations).map(([phase, { outcome, withinMs, source }]) => [
          name,
          role,
          phase,
          withinMs === null ? outcome : `${outcome} within ${formatMs(withinMs)}`,
          source,
        ]),
  );
  const phases = plan.phases.map(({ name, limitMs }) => `${name} up to ${formatMs(limitMs)}`).join(", ");
  const repeat = plan.repeat === 1 ? "" : ` #${plan.repeat}`;
  return [
    `${plan.id}${repeat}: ${plan.title}`,
    `fault: ${fault.summary} (${plan.fault.scope}); ${phases}`,
    plan.skip === null ? "" : `skipped: ${plan.skip}`,
    columns(["variant", "role", "phase", "expected", "as documented in"], rows, hasColours(process.stdout)),
  ]
    .filter(Boolean)
    .join("\n");
}
