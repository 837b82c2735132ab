import { writeFile } from "node:fs/promises";
import { format } from "prettier";
import { resultsJsonSchema } from "../src/report/results-json.ts";

// Writes src/report/results.schema.json anew from the schema in code, formatted like the rest of the repository.
const text = await format(resultsJsonSchema(), { parser: "json", printWidth: 120 });
await writeFile(new URL("../src/report/results.schema.json", import.meta.url), text);
