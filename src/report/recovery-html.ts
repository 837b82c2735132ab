import { createHash } from "node:crypto";
import { formatMs, oneLine } from "./format.ts";
import { experimentSection } from "./html/experiment-section.ts";
import { costsTable } from "./html/costs-table.ts";
import { html, Markup } from "./html/markup.ts";
import { chip, rowTitle, verdictChip } from "./html/parts.ts";
import { practicesTable } from "./html/practices-table.ts";
import { remediesTable } from "./html/remedies-table.ts";
import { resultsTable } from "./html/results-table.ts";
import { filterScript } from "./html/script.ts";
import { pageStyle } from "./html/style.ts";
import type { Results, VerdictColour } from "./results.ts";
import { clusterText, colourMark, colourOf, colourText, explanation, leftOut, rowsOf, type Row } from "./wording.ts";

/** The text of `index.html`: the recovery report for people. One file, nothing is fetched, whole without scripts too. */
export function recoveryHtml(results: Results): string {
  const rows = rowsOf(results.experiments);
  const anchors = new Map(rows.map(({ judgement }, index) => [judgement, `v${index + 1}`]));
  const anchorOf = ({ judgement }: Row): string => anchors.get(judgement) ?? "";
  // Should a name slip through unescaped, it still runs nothing and fetches nothing: only this one script may run.
  const script = new Markup(`<script>${filterScript}</script>`);
  const hash = createHash("sha256").update(filterScript).digest("base64");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; img-src data:`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <link rel="icon" href="data:," />
        <title>Recovery: ${headline(results)}</title>
        <style>
          ${new Markup(pageStyle)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <p class="eyebrow">Rebound recovery report</p>
            <h1>${headline(results)}</h1>
            <p class="about">${clusterText(results)} · seed ${results.seed}${settingsText(results)}</p>
            ${results.cluster.prediction && html`<p class="banner"><b>A prediction.</b> These times come from a model of a cluster, not from a cluster. Run the same scenarios on a real one before you promise them to anybody.</p>`}
            <ul class="tiles">
              ${tiles(results)}
            </ul>
          </header>
          ${notGreen(rows, anchorOf)} ${practicesTable(results)} ${remediesTable(results)} ${costsTable(results)}
          ${leftOutSection(results)} ${resultsTable(results, anchorOf)}
          ${results.experiments.map((experiment) => experimentSection(results, experiment, anchorOf))}
          <footer>
            Times count from the bite, the instant at which the fault provably took effect. ± is half the interval in
            which the truth lies. The same in other forms: <a href="results.json">results.json</a>,
            <a href="mochawesome.html">mochawesome.html</a>, <a href="junit.xml">junit.xml</a>,
            <a href="summary.md">summary.md</a>, <a href="metrics.prom">metrics.prom</a>.
          </footer>
        </main>
        ${script}
      </body>
    </html> `;
  return page.text;
}

function headline({ summary }: Results): string {
  const { skipped: _skipped, ...counts } = summary;
  const judged = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (judged === 0) return "Nothing was judged";
  if (summary.green === judged) return `All ${judged} did what they should`;
  return `${summary.green} of ${judged} did what they should`;
}

function settingsText({ cluster: { settings, operators } }: Results): string {
  const { nodeMonitorGracePeriodSeconds: grace, unreachableTolerationSeconds: toleration } = settings;
  const operated = operators.length > 0 ? ` · operators: ${operators.map(oneLine).join(", ")}` : "";
  return ` · a node counts as lost after ${formatMs(grace * 1000)}, its pods are evicted ${formatMs(toleration * 1000)} later${operated}`;
}

function tiles({ summary }: Results): Markup[] {
  return (Object.keys(colourText) as VerdictColour[]).map((colour) => {
    const none = summary[colour] === 0 ? "none" : "";
    return html`<li class="tile ${colour} ${none}">
      <strong>${summary[colour]}</strong><span>${colourMark[colour]} ${colourText[colour]}</span>
    </li>`;
  });
}

function notGreen(rows: Row[], anchorOf: (row: Row) => string): Markup | null {
  const items = rows
    .filter(({ judgement }) => !["green", "skipped"].includes(colourOf(judgement)))
    .map(
      (row) =>
        html`<li>
          ${verdictChip(row)} <a href="#${anchorOf(row)}"><b>${oneLine(row.experiment.id)} / ${rowTitle(row)}</b></a>
          <p>${explanation(row.judgement)}</p>
        </li>`,
    );
  return items.length > 0 ? section("What is not green", items) : null;
}

/** A reason keeps many out: they are listed by it. */
function leftOutSection(results: Results): Markup | null {
  const items = leftOut(results).map(
    ({ reason, names }) =>
      html`<li>
        ${chip("skipped", "skipped")} <b>${reason}</b>
        <p>${names.join(", ")}</p>
      </li>`,
  );
  return items.length > 0 ? section("What was left out", items) : null;
}

function section(title: string, items: Markup[]): Markup {
  return html`<section>
    <h2>${title}</h2>
    <ul class="panel">
      ${items}
    </ul>
  </section>`;
}
