import { oneLine, plural } from "../format.ts";
import type { PracticeResult, Results } from "../results.ts";
import { practiceMark, practiceText } from "../wording.ts";
import { html, type Markup } from "./markup.ts";
import { experimentAnchor } from "./parts.ts";

/** What the run says of each promise, what separates where it is kept from where it is not, and who says so. */
export function practicesTable(results: Results): Markup | null {
  const tested = results.practices.filter(({ verdict }) => verdict !== "not-tested");
  if (tested.length === 0) return null;
  return html`<section id="practices">
    <h2>Practices</h2>
    <div class="scroll wide">
      <table class="practices">
        <thead>
          <tr>
            <th>Practice</th>
            <th>What it promises</th>
            <th>What was seen</th>
          </tr>
        </thead>
        <tbody>
          ${results.practices.map((practice) => practiceRow(results, practice))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function practiceRow(results: Results, { id, promise, verdict, conditions, evidence }: PracticeResult): Markup {
  return html`<tr>
    <th scope="row">${oneLine(id)}</th>
    <td>${oneLine(promise)}</td>
    <td>
      <span class="chip ${practiceColour[verdict]}"
        ><b aria-hidden="true">${practiceMark[verdict]}</b> ${practiceText[verdict]}</span
      >
      ${
        conditions.length > 0 &&
        html`<ul>
          ${conditions.map((condition) => html`<li>${oneLine(condition)}</li>`)}
        </ul>`
      }${evidence.length > 0 && evidenceOf(results, evidence)}
    </td>
  </tr>`;
}

/** The experiments that it rests on, and how many of their judgements. */
function evidenceOf({ experiments }: Results, evidence: string[]): Markup {
  const count = Map.groupBy(evidence, (where) => where.split("/")[0]);
  const links = experiments.flatMap((experiment) => {
    const own = count.get(experiment.id);
    if (own === undefined) return [];
    return [
      html`<a href="#${experimentAnchor(experiments, experiment)}">${oneLine(experiment.id)}</a> (${own.length}) `,
    ];
  });
  return html`<details>
    <summary>${plural(evidence.length, "judgement")}</summary>
    <small>${links}</small>
  </details>`;
}

const practiceColour = {
  holds: "green",
  "holds-with-conditions": "invalid",
  "does-not-hold": "red",
  "not-tested": "skipped",
} satisfies Record<PracticeResult["verdict"], string>;
