import { formatInstant, formatInterval, formatMeasured, formatMs, oneLine, wrap } from "./format.ts";
import type { Results } from "./results.ts";
import { waterfall } from "./svg/waterfall.ts";
import {
  capitalised,
  expectedText,
  explanation,
  outcomeText,
  rerunCommand,
  slowestText,
  reliefText,
  servedText,
  timeText,
  verdictText,
  type Row,
} from "./wording.ts";

/** What mochawesome shows below a test. */
export interface Context {
  title: string;
  value: string;
}

/** Everything a reader needs to believe or doubt one verdict, and to see it again. */
export function testContext(row: Row, run: Pick<Results, "seed" | "options">): Context[] {
  const { experiment, variant, judgement } = row;
  const verdict = `${capitalised(verdictText[judgement.verdict])}. ${explanation(judgement)}`;
  return [
    { title: "Verdict", value: wrap(verdict, 110).join("\n") },
    { title: "Time to recover", value: recoveryTime(row) },
    { title: "Stages", value: imageUri(waterfall(row, { standalone: true })) },
    { title: "Evidence", value: evidence(row) },
    { title: "Run this one again", value: rerunCommand(run, experiment, variant) },
  ];
}

/**
 * A picture as mochawesome takes it: its viewer knows images by the end of their name, and its pattern for data
 * URIs does not allow the `+` of `svg+xml`. The browser ignores what follows the `#`.
 */
function imageUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}#.png`;
}

function recoveryTime({ variant, judgement }: Row): string {
  const { ttrMs, downtimeMs, users = [], floorMs, provenBy } = judgement;
  const lines = [
    ttrMs ? `${formatMeasured(ttrMs)}; the truth lies in ${formatInterval(ttrMs)}` : timeText(variant, judgement),
    reliefText(judgement),
    downtimeMs && `downtime: ${formatMeasured(downtimeMs)}`,
    ...users.map(
      (each) => `users of Service ${each.service}: ${servedText(each)}; down ${formatMeasured(each.downtimeMs)}`,
    ),
    floorMs && `least that the settings allow: ${formatMs(floorMs)}`,
    provenBy && `proven by: ${provenBy}`,
    slowestText(judgement) && `slowest stage: ${slowestText(judgement)}`,
    ...judgement.stages.map(({ name, ms }) => `  ${name.padEnd(10)}${formatMs(ms).padStart(12)}`),
  ];
  return lines.filter(Boolean).join("\n");
}

function evidence({ experiment, variant, judgement }: Row): string {
  const { before, after, bite, members } = variant;
  const lines = [
    `expected: ${expectedText(judgement)}`,
    `outcome:  ${outcomeText(judgement)}`,
    bite ? `bite:     at ${formatInstant(bite.atMs)}, ${bite.evidence}` : "bite:     none",
    `before:   ${identity(before)}`,
    `after:    ${identity(after)}`,
    ...members.map((member) => `member:   ${member.name}, ${member.outcome}, ${identity(member)}`),
    ...judgement.evidence.map(({ atMs, text }) => `${formatInstant(atMs)}  ${text}`),
    ...variant.notes.map((note) => `note:     ${note}`),
    `manifest: sha256 ${variant.manifestSha256}`,
    `journal:  ${experiment.journal ?? "none"}`,
  ];
  // The viewer takes a value that starts with `http` for a link, and one that ends like an image for a picture.
  return lines.map(oneLine).join("\n");
}

/** `VMI 3f…, node worker-1, boot 9a…`, with `?` for what was not seen. */
function identity({
  vmiUid,
  node,
  bootId,
}: {
  vmiUid: string | null;
  node: string | null;
  bootId: string | null;
}): string {
  return `VMI ${vmiUid ?? "?"}, node ${node ?? "?"}, boot ${bootId ?? "?"}`;
}
