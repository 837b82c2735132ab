import { componentRows } from "./component-rows.ts";
import { maintenanceRows } from "./maintenance-rows.ts";
import { nodeRows } from "./node-rows.ts";
import { probeRows } from "./probe-rows.ts";
import { remedyRows } from "./remedy-rows.ts";
import { metHazard, type Row } from "./row.ts";
import { vmRows } from "./vm-rows.ts";

/** Every cause that the faults and remedies bring about, by family. The first row that fits decides. */
export const platformTable: readonly Row[] = [
  ...componentRows,
  ...vmRows,
  ...probeRows,
  ...maintenanceRows,
  ...remedyRows,
  ...nodeRows,
];

/** The same, with what chance may bring about instead after the row that it may befall. */
export const platformRules: readonly Row[] = platformTable.flatMap((row) => [row, metHazard(row) ?? []].flat());
