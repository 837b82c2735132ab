import { formatMs, oneLine, plural } from "../format.ts";
import type { ExperimentResult, Results } from "../results.ts";
import { faultText } from "../fault-text.ts";
import { overview } from "../svg/overview.ts";
import { rerunCommand, rowsOf, skipText, type Row } from "../wording.ts";
import { html, Markup } from "./markup.ts";
import { experimentAnchor } from "./parts.ts";
import { variantCard } from "./variant-card.ts";

/** One experiment: what was done, to whom, the overview of all its variants, then each of them. */
export function experimentSection(
  results: Results,
  experiment: ExperimentResult,
  anchorOf: (row: Row) => string,
): Markup {
  const rows = rowsOf([experiment]);
  const anchor = experimentAnchor(results.experiments, experiment);
  const heading = html`<h2>${oneLine(experiment.title)}</h2>`;
  if (rows.length === 0) {
    return html`<section class="experiment" id="${anchor}">
      ${heading}
      <p>${skipText(experiment.reason)}</p>
    </section>`;
  }
  return html`<section class="experiment" id="${anchor}">
    ${heading}
    <dl class="meta">${meta(experiment)}</dl>
    <figure class="wide">
      ${new Markup(overview(experiment, { standalone: false }))}
      <figcaption>${legend}</figcaption>
    </figure>
    ${rows.map((row) => variantCard(results, row, anchorOf(row)))}
    <p class="again">The whole experiment again: <code>${rerunCommand(results, experiment)}</code></p>
  </section>`;
}

function meta({ id, fault, concurrentVictims, phases, journal, practices }: ExperimentResult): Markup[] {
  const pairs: [string, string | Markup][] = [
    ["Experiment", id],
    ["Fault", faultText(fault)],
    ["Aimed at", fault.target.join(", ")],
    ["At once", plural(concurrentVictims, "victim")],
    ["Phases", phases.map(({ name, fromMs, toMs }) => `${name} (${formatMs(toMs - fromMs)})`).join(", ")],
    ["Practices", practices.join(", ")],
    ["Journal", journal === null ? "" : html`<a href="./${encodeURI(journal.toWellFormed())}">${journal}</a>`],
  ];
  return pairs
    .filter(([, value]) => value)
    .map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    );
}

const legend = html`Time from the bite. <span class="key rb rb-key-notice"></span> noticing
  <span class="key rb rb-key-people"></span> held, remedied <span class="key rb rb-key-clear"></span> clearing away
  <span class="key rb rb-key-rebuild"></span> rebuilding <span class="key rb rb-key-guest"></span> the guest
  <span class="key rb rb-key-open"></span> not back <span class="key rb rb-key-limit"></span> limit. The whiskers show
  how sure the end is.`;
