import { oneLine } from "../format.ts";
import type { ExperimentResult, VerdictColour } from "../results.ts";
import { colourMark, colourOf, phaseTitle, variantTitle, verdictText, type Row } from "../wording.ts";
import { html, type Markup } from "./markup.ts";

/** A verdict as a chip: colour, mark and word. */
export function verdictChip({ judgement }: Pick<Row, "judgement">): Markup {
  return chip(colourOf(judgement), verdictText[judgement.verdict]);
}

export function chip(colour: VerdictColour, text: string): Markup {
  return html`<span class="chip ${colour}"><b aria-hidden="true">${colourMark[colour]}</b> ${text}</span>`;
}

/** The name of a row, with its phase where there are several. */
export function rowTitle({ experiment, variant, judgement }: Row): Markup {
  const phase = phaseTitle(experiment, judgement);
  return html`${variantTitle(experiment, variant)}${phase && html` <span class="phase">${phase}</span>`}`;
}

/** What kind of VM it is, in a few words: `VM · RerunOnFailure · LiveMigrate · bystander`. */
export function kindText({ variant }: Pick<Row, "variant">): string {
  const kind = {
    VirtualMachine: "VM",
    VirtualMachineInstance: "bare VMI",
    VirtualMachineInstanceReplicaSet: "VMI replica set",
  };
  const words = [
    kind[variant.kind],
    variant.runStrategy,
    variant.evictionStrategy,
    variant.role === "bystander" && variant.role,
  ];
  return words
    .filter((word) => typeof word === "string")
    .map(oneLine)
    .join(" · ");
}

/** Where an experiment stands in the page. */
export function experimentAnchor(experiments: ExperimentResult[], experiment: ExperimentResult): string {
  return `e${experiments.indexOf(experiment) + 1}`;
}
