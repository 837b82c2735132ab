import { oneLine } from "../format.ts";
import { backText, floorText, soonText } from "../remedy-text.ts";
import type { RemedyEffect, Results } from "../results.ts";
import { html, type Markup } from "./markup.ts";
import { chip, experimentAnchor } from "./parts.ts";

/** After each way to lose a node: what becomes of its VMs when nothing is done, and what each remedy buys. */
export function remediesTable(results: Results): Markup | null {
  if (results.remedies.length === 0) return null;
  const byFault = [...Map.groupBy(results.remedies, ({ fault }) => fault)];
  return html`<section id="remedies">
    <h2>What each remedy buys</h2>
    <p class="about above">
      VMs under Always and RerunOnFailure on a node that is lost. Times count from what was done, of nothing from the
      loss.
    </p>
    <div class="scroll">
      <table class="results remedies">
        <thead>
          <tr>
            <th>Remedy</th>
            <th>Came back</th>
            <th class="number">Time to recover</th>
            <th class="number">Least possible</th>
            <th>Most to be gained</th>
          </tr>
        </thead>
        ${byFault.map(([fault, effects]) => faultRows(results, fault, effects))}
      </table>
    </div>
  </section>`;
}

function faultRows(results: Results, fault: string, effects: RemedyEffect[]): Markup {
  return html`<tbody>
    <tr class="group">
      <th colspan="5" scope="rowgroup">${oneLine(fault)}</th>
    </tr>
    ${effects.map((effect) => effectRow(results, effect))}
  </tbody>`;
}

function effectRow(results: Results, effect: RemedyEffect): Markup {
  const isTried = effect.reason === null;
  return html`<tr>
    <th scope="row">${oneLine(effect.remedy)} ${isTried && evidenceOf(results, effect)}</th>
    <td>${chip(colourOf(effect), backText(effect))}</td>
    <td class="${isTried ? "number" : ""}">${soonText(effect)}</td>
    <td class="number">${floorText(effect)}</td>
    <td>${effect.advice && html`<small>${oneLine(effect.advice)}</small>`}</td>
  </tr>`;
}

function colourOf({ back, of, reason }: RemedyEffect) {
  if (reason !== null) return "skipped";
  return back === of ? "green" : back === 0 ? "red" : "invalid";
}

function evidenceOf({ experiments }: Results, { evidence }: RemedyEffect): Markup {
  const ids = [...new Set(evidence.map((where) => where.split("/")[0]))];
  const links = experiments
    .filter(({ id }) => ids.includes(id))
    .map((experiment) => html`<a href="#${experimentAnchor(experiments, experiment)}">${oneLine(experiment.id)}</a> `);
  return html`<small>${links}</small>`;
}
