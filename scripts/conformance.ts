import { parseArgs } from "node:util";
import { conformanceOf } from "../test/conformance/conformance.ts";
import { below, raise, readFloor } from "../test/conformance/floor.ts";
import { report } from "../test/conformance/report.ts";

/** Holds the simulated cluster against recordings of a real one: `npm run conformance [-- <folder>] [--emit <dir>] [--raise]`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { emit: { type: "string" }, raise: { type: "boolean", default: false } },
});
const folder = positionals[0] ?? "test/recordings";
const results = await conformanceOf(folder, { emit: values.emit });
const floor = await readFloor();
const fallen = below(results, floor);
for (const line of fallen) console.error(line);
if (values.raise) {
  const plays = [results];
  for (let seed = 2; seed <= 8; seed++) plays.push(await conformanceOf(folder, { seed }));
  await raise(plays, floor);
}
console.log(report(results, floor));
if (fallen.length > 0) process.exitCode = 1;
