import { oneLine } from "../format.ts";
import type { Results, VerdictColour } from "../results.ts";
import {
  colourMark,
  colourOf,
  colourText,
  expectedLimits,
  outcomeDetail,
  rowsOf,
  skipText,
  reliefText,
  timeText,
  type Row,
} from "../wording.ts";
import { html, type Markup } from "./markup.ts";
import { experimentAnchor, kindText, rowTitle, verdictChip } from "./parts.ts";

/** Every variant of the run on one page, with a filter by word and by colour. */
export function resultsTable(results: Results, anchorOf: (row: Row) => string): Markup {
  const { experiments } = results;
  const bodies = experiments.map((experiment) => {
    const rows = rowsOf([experiment]);
    const skipped = html`<tr data-colour="skipped">
      <td colspan="6">${skipText(experiment.reason)}</td>
    </tr>`;
    return html`<tbody>
      <tr class="group">
        <th colspan="6" scope="rowgroup">
          <a href="#${experimentAnchor(experiments, experiment)}">${oneLine(experiment.title)}</a>
        </th>
      </tr>
      ${rows.length > 0 ? rows.map((row) => tableRow(row, anchorOf(row))) : skipped}
    </tbody>`;
  });
  return html`<section id="all">
    <h2>All variants</h2>
    <form class="filter" role="search">
      <input
        type="search"
        id="word"
        placeholder="Filter: name, outcome, stage…"
        aria-label="Filter by word"
      />${filterButtons(results)}<output id="shown"></output>
    </form>
    <div class="scroll">
      <table class="results">
        <thead>
          <tr>
            <th>Variant</th>
            <th>Expected</th>
            <th>Outcome</th>
            <th class="number">Time to recover</th>
            <th>Slowest stage</th>
            <th>Verdict</th>
          </tr>
        </thead>
        ${bodies}
      </table>
    </div>
  </section>`;
}

function filterButtons({ summary }: Results): Markup[] {
  return (Object.keys(colourText) as VerdictColour[])
    .filter((colour) => summary[colour] > 0)
    .map(
      (colour) =>
        html`<button type="button" class="chip ${colour}" data-filter="${colour}" aria-pressed="true">
          <b aria-hidden="true">${colourMark[colour]}</b> ${summary[colour]} ${colourText[colour]}
        </button>`,
    );
}

function tableRow(row: Row, anchor: string): Markup {
  const { variant, judgement } = row;
  const { slowest } = judgement;
  const small = (text: string | null): Markup | "" => (text ? html`<small>${text}</small>` : "");
  return html`<tr data-colour="${colourOf(judgement)}">
    <td><a href="#${anchor}">${rowTitle(row)}</a><small>${kindText(row)}</small></td>
    <td>${judgement.expected ? judgement.expected.outcome : "nothing"}${small(expectedLimits(judgement))}</td>
    <td>${judgement.outcome}${small(outcomeDetail(judgement))}</td>
    <td class="number">${timeText(variant, judgement)}${small(reliefText(judgement))}</td>
    <td>${slowest && html`<b>${slowest.name}</b><small>${oneLine(slowest.because)}</small>`}</td>
    <td>${verdictChip(row)}</td>
  </tr> `;
}
