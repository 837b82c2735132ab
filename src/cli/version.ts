import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";

/** Rebound's own version, as its package.json has it. */
export async function ownVersion(): Promise<string> {
  const path = findPackageJSON("..", import.meta.url);
  if (path === undefined) throw new Error("Rebound's own package.json is missing");
  return (JSON.parse(await readFile(path, "utf8")) as { version: string }).version;
}
