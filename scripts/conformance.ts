import { parseArgs } from "node:util";
import { conformanceOf } from "../test/conformance/conformance.ts";
import { below, raise, readFloor } from "../test/conformance/floor.ts";
import { report } from "../test/conformance/report.ts";

/** Holds the simulated cluster against recordings of a real one. */
const usage = "npm run conformance [-- <folder>] [--seed <n>] [--emit <dir>] [--raise]";
const { folder, seed, emit, raises } = asked();
const results = await conformanceOf(folder, { seed, emit });
const floor = await readFloor();
const fallen = below(results, floor);
for (const line of fallen) console.error(line);
if (raises) {
  const plays = [];
  for (let seed = 1; seed <= 8; seed++) plays.push(await conformanceOf(folder, { seed }));
  await raise(plays, floor);
}
console.log(report(results, floor));
if (fallen.length > 0) process.exitCode = 1;

/** What was asked for; ends the process where that cannot be understood. */
function asked(): { folder: string; seed: number; emit: string | undefined; raises: boolean } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seed: { type: "string", default: "1" }, emit: { type: "string" }, raise: { type: "boolean" } },
    });
    const seed = Number(values.seed);
    if (!Number.isSafeInteger(seed)) throw new Error(`--seed ${values.seed} is no whole number.`);
    return {
      folder: positionals[0] ?? "test/recordings",
      seed,
      emit: values.emit,
      raises: values.raise === true,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\nUsage: ${usage}`);
    process.exit(2);
  }
}
