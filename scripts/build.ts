import { cp, glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** Compiles `dist/`, which the package ships: Node strips no types under node_modules. */
const root = join(import.meta.dirname, "..");

await rm(join(root, "dist"), { recursive: true, force: true });
const tsc = await execa("tsc", ["-p", "tsconfig.build.json"], {
  cwd: root,
  preferLocal: true,
  reject: false,
  stdio: "inherit",
});
for await (const file of glob("src/**/*.{json,css,html,svg}", { cwd: root }))
  await cp(join(root, file), join(root, "dist", file));
if (tsc.failed) process.exitCode = 1;
