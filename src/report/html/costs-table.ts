import { formatMs, oneLine } from "../format.ts";
import { settingCosts, type SettingCost } from "../setting-costs.ts";
import type { Results } from "../results.ts";
import { html, type Markup } from "./markup.ts";
import { experimentAnchor } from "./parts.ts";

/** Where a setting decides how long a recovery takes: the least it allows, what was measured, and which one to change. */
export function costsTable(results: Results): Markup | null {
  const costs = settingCosts(results);
  if (costs.length === 0) return null;
  return html`<section id="floors">
    <h2>Which setting to change to gain most</h2>
    <div class="scroll">
      <table class="results costs">
        <thead>
          <tr>
            <th>After</th>
            <th class="number">Least possible</th>
            <th class="number">Measured</th>
            <th>Most to be gained</th>
          </tr>
        </thead>
        <tbody>
          ${costs.map((cost) => costRow(results, cost))}
        </tbody>
      </table>
    </div>
  </section>`;
}

function costRow({ experiments }: Results, { fault, of, floorMs, measuredMs, advice }: SettingCost): Markup {
  const experiment = experiments.find(({ id }) => id === of.experiment)!;
  const phase = of.phase === "observe" ? "" : ` then ${of.phase}`;
  return html`<tr>
    <td>
      ${oneLine(fault + phase)}<small
        ><a href="#${experimentAnchor(experiments, experiment)}">${oneLine(of.experiment)}</a> /
        ${oneLine(of.variant)}</small
      >
    </td>
    <td class="number">${formatMs(floorMs)}</td>
    <td class="number">${formatMs(measuredMs)}</td>
    <td>${oneLine(advice)}</td>
  </tr>`;
}
