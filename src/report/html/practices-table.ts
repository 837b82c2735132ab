import { oneLine, plural } from "../format.ts";
import type { PracticeResult, Results } from "../results.ts";
import { practiceMark, practiceText } from "../wording.ts";
import { html, type Markup } from "./markup.ts";
import { experimentAnchor } from "./parts.ts";

/** What the run says of each promise, what separates where it is kept from where it is not, and who says so. */
export function practicesTable(results: Results): Markup | null {
  const { tested = [], untested = [] } = Object.groupBy(results.practices, ({ verdict }) =>
    verdict === "not-tested" ? "untested" : "tested",
  );
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
          ${tested.map((practice) => practiceRow(results, practice))} ${untested.length > 0 && untestedRow(untested)}
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
      ${chip(verdict)}
      ${
        conditions.length > 0 &&
        html`<ul>
          ${conditions.map((condition) => html`<li>${oneLine(condition)}</li>`)}
        </ul>`
      }${evidence.length > 0 && evidenceOf(results, evidence)}
    </td>
  </tr>`;
}

/** A run of a few scenarios says nothing of most practices: they are named, and take no more room than that. */
function untestedRow(untested: PracticeResult[]): Markup {
  return html`<tr>
    <th scope="row">${plural(untested.length, "other")}</th>
    <td>${oneLine(untested.map(({ id }) => id).join(", "))}</td>
    <td>${chip("not-tested")}</td>
  </tr>`;
}

function chip(verdict: PracticeResult["verdict"]): Markup {
  return html`<span class="chip ${practiceColour[verdict]}"
    ><b aria-hidden="true">${practiceMark[verdict]}</b> ${practiceText[verdict]}</span
  >`;
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
