import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** The program's source or, in the package, what it was compiled to: no file of it imports anything but the others. */
const folder = join(import.meta.dirname, "../../prober");

/** The image that the program runs in: Node, and `ip` for the routes. */
export const defaultProberImage = "docker.io/library/node:24-alpine";

/** What is brought to where the prober runs. */
export interface ProberProgram {
  /** Contents by file name. */
  files: Record<string, string>;
  /** The file to run. */
  main: string;
}

export async function readProberProgram(): Promise<ProberProgram> {
  const names = (await readdir(folder)).filter((name) => /(?<!\.d)\.[jt]s$/.test(name));
  const contents = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  const files = Object.fromEntries(names.map((name, index) => [name, contents[index]!]));
  const main = names.find((name) => name.startsWith("main."))!;
  return { files: { ...files, "package.json": JSON.stringify({ type: "module" }) }, main };
}
