import { formatInstant, formatInterval, formatMeasured, formatMs, oneLine } from "../format.ts";
import type { Identity, Interval } from "../../recovery/recovery.ts";
import type { Results } from "../results.ts";
import { waterfall } from "../svg/waterfall.ts";
import {
  colourOf,
  explanation,
  outcomeDetail,
  rerunCommand,
  slowestStage,
  servedText,
  timeText,
  twiceText,
  type Row,
} from "../wording.ts";
import { html, Markup } from "./markup.ts";
import { kindText, rowTitle, verdictChip } from "./parts.ts";

/** Reports with more judgements than this are folded where there is nothing to look into. */
const longReport = 100;

/** One variant in one phase: verdict, why, picture, figures, and the evidence folded away below. */
export function variantCard(results: Results, row: Row, anchor: string): Markup {
  const { judgement } = row;
  const colour = colourOf(judgement);
  const isFolded = colour === "green" && Object.values(results.summary).reduce((sum, n) => sum + n, 0) > longReport;
  return html`<article class="card ${colour}" id="${anchor}" data-colour="${colour}">
    <details ${isFolded ? "" : "open"}>
      <summary>
        <h3>${rowTitle(row)}</h3>
        <span class="kind">${kindText(row)}</span>${verdictChip(row)}
      </summary>
      <div>${cardBody(results, row)}</div>
    </details>
  </article>`;
}

function cardBody(results: Results, row: Row): Markup {
  const { experiment, variant, judgement } = row;
  return html`<p>${explanation(judgement)}</p>
    ${variant.notes.map((note) => html`<p class="note">Note: ${oneLine(note)}</p>`)}
    <div class="body">
      <figure>${new Markup(waterfall(row, { standalone: false }))}</figure>
      <dl class="facts">${facts(row)}</dl>
    </div>
    <details>
      <summary>Evidence, identity, and how to run it again</summary>
      ${identityTable(variant.before, variant.after)}${membersTable(row)}
      <ol class="evidence">
        ${evidence(row)}
      </ol>
      <dl class="small">
        <dt>Expected because</dt>
        <dd>${judgement.expected?.source ?? "nothing was expected"}</dd>
        <dt>Manifest</dt>
        <dd><code>sha256:${variant.manifestSha256}</code></dd>
      </dl>
      <pre class="command">${rerunCommand(results, experiment, variant)}</pre>
    </details>`;
}

function facts({ variant, judgement }: Row): Markup[] {
  const { ttrMs, fromReliefMs, downtimeMs, users = [], floorMs, provenBy } = judgement;
  const range = (measured: Interval | null): string | undefined =>
    measured && measured.low < measured.high ? formatInterval(measured) : undefined;
  const pairs: [name: string, value: string | null, note?: string | undefined][] = [
    ["Outcome", judgement.outcome, outcomeDetail(judgement) ?? undefined],
    ["Pods left Terminating", judgement.terminatingPods > 0 ? String(judgement.terminatingPods) : null],
    ["Split brain", twiceText(judgement), "two guests of it alive at once"],
    ["Time to recover", timeText(variant, judgement), range(ttrMs)],
    ["From the relief", fromReliefMs && formatMeasured(fromReliefMs), range(fromReliefMs)],
    ["Downtime", downtimeMs && formatMeasured(downtimeMs), range(downtimeMs)],
    ...users.map((each): [string, string, string] => [
      "Users served again",
      servedText(each),
      `through Service ${oneLine(each.service)}; down for ${formatMeasured(each.downtimeMs)}`,
    ]),
    ["Least possible", floorMs ? formatMs(floorMs) : null, "with these settings"],
    ["Proven by", provenBy],
    [
      "Disk",
      variant.data === "unknown" ? null : variant.data.replaceAll("-", " "),
      "by the marker that the guest keeps",
    ],
  ];
  const { slowest, advice } = judgement;
  return [
    ...pairs
      .filter(([, value]) => value)
      .map(
        ([name, value, note]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}${note && html`<small>${note}</small>`}</dd>
          </div>`,
      ),
    slowest
      ? html`<div class="long">
          <dt>Slowest stage</dt>
          <dd>${slowestStage(judgement)}<small>${oneLine(slowest.because)}</small></dd>
        </div>`
      : html``,
    advice
      ? html`<div class="long">
          <dt>Most to gain</dt>
          <dd><small>${oneLine(advice)}</small></dd>
        </div>`
      : html``,
  ];
}

function identityTable(before: Identity, after: Identity): Markup {
  const rows: [string, string | null, string | null][] = [
    ["VMI UID", before.vmiUid, after.vmiUid],
    ["Node", before.node, after.node],
    ["Boot id", before.bootId, after.bootId],
  ];
  const seen = (value: string | null): Markup => (value === null ? html`<i>not seen</i>` : html`<code>${value}</code>`);
  const body = rows.map(
    ([name, was, is]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${seen(was)}</td>
        <td>${seen(is)}</td>
        <td>${was === is ? "same" : "changed"}</td>
      </tr>`,
  );
  return html`<div class="scroll">
    <table class="plain">
      <thead>
        <tr>
          <th></th>
          <th>Before</th>
          <th>After</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

function membersTable({ variant: { members } }: Row): Markup | null {
  if (members.length === 0) return null;
  const body = members.map(
    ({ name, outcome, vmiUid, node, bootId }) =>
      html`<tr>
        <th scope="row">${oneLine(name)}</th>
        <td>${outcome}</td>
        <td>${node ?? "–"}</td>
        <td><code>${vmiUid ?? "–"}</code></td>
        <td><code>${bootId ?? "–"}</code></td>
      </tr>`,
  );
  return html`<div class="scroll">
    <table class="plain">
      <thead>
        <tr>
          <th>Member</th>
          <th>Outcome</th>
          <th>Node</th>
          <th>VMI UID</th>
          <th>Boot id</th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

function evidence({ variant: { injected, bite }, judgement }: Row): Markup[] {
  const entries = [
    ...(injected
      ? [{ atMs: injected.fromMs, text: `the fault was injected (done by ${formatInstant(injected.toMs)})` }]
      : []),
    ...(bite ? [{ atMs: bite.atMs, text: `it bit: ${bite.evidence}` }] : []),
    ...judgement.evidence,
  ];
  if (entries.length === 0) return [html`<li>none</li>`];
  return entries.map(({ atMs, text }) => html`<li><time>${formatInstant(atMs)}</time> ${oneLine(text)}</li>`);
}
