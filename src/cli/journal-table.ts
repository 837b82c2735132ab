import type { ExperimentResult } from "../report/results.ts";
import { formatInstant, formatMs } from "../report/format.ts";
import { outcomeText, rowsOf, timeText, variantTitle } from "../report/wording.ts";
import { columns } from "./columns.ts";

/** What became of every VM of a journal that expects nothing of them. */
export function journalTable(experiment: ExperimentResult, colour: boolean): string {
  const windows = experiment.phases.map(
    ({ name, fromMs, toMs }) => `${name} from ${formatInstant(fromMs)} to ${formatInstant(toMs)}`,
  );
  const rows = rowsOf([experiment]).map(({ variant, judgement }) => [
    variantTitle(experiment, variant),
    outcomeText(judgement),
    timeText(variant, judgement),
    judgement.goodAtMs === null
      ? ""
      : `${formatInstant(judgement.goodAtMs.low)} to ${formatInstant(judgement.goodAtMs.high)}`,
    judgement.provenBy ?? "",
    judgement.stages.map(({ name, ms }) => `${name} ${formatMs(ms)}`).join(", "),
    judgement.detail,
  ]);
  const head = ["VM", "outcome", "time to recover", "good from (journal)", "proven by", "stages", "what was seen"];
  return `${experiment.title}: ${windows.join(", ")}\n${columns(head, rows, colour)}`;
}
