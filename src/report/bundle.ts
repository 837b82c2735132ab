import { createWriteStream } from "node:fs";
import { readFile, realpath, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-fs";
import { messageOf, UsageError } from "../errors.ts";
import { parseResults } from "./results-json.ts";

/**
 * Packs a run's folder, with all that is in it, into `<run>.tar.gz` for a bug report, and returns the file's path. What of
 * it is secret was left out when it was written.
 *
 * @param into the folder in which it is made
 * @throws UsageError where that is no run's folder, or nothing can be written
 */
export async function bundle(run: string, into: string): Promise<string> {
  const folder = await realpath(run).catch((error: unknown) => {
    throw new UsageError(`${run} cannot be read: ${messageOf(error)}`);
  });
  const id = await idOf(folder);
  const file = join(resolve(into), `${id}.tar.gz`);
  const named = { map: (header: { name: string }) => ({ ...header, name: `${id}/${header.name}` }) };
  try {
    await pipeline(pack(folder, named), createGzip(), createWriteStream(file, { flags: "wx" }));
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    if (!isThere) await rm(file, { force: true });
    throw new UsageError(`the bundle ${file} cannot be written: ${isThere ? "it is there already" : messageOf(error)}`);
  }
  return file;
}

/** The run's own id: `latest` is only a name for it. */
async function idOf(folder: string): Promise<string> {
  const journals = await stat(join(folder, "journals")).catch(() => null);
  if (!journals?.isDirectory()) throw new UsageError(`${folder} is no run's folder: it has no journals`);
  try {
    parseResults(await readFile(join(folder, "results.json"), "utf8"));
    const { id } = JSON.parse(await readFile(join(folder, "run.json"), "utf8")) as { id: string };
    return id;
  } catch {
    // A run that was cut off has only its journals, and its name.
    return basename(folder);
  }
}
