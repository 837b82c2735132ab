#!/usr/bin/env node
// Starts Rebound on a Node that can run it. Plain JavaScript that an old Node understands, because it may
// be one that starts it: the host's. `node_modules/.bin/node` (the npm package `node`) takes over then.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "src/cli/main.ts");
const inCheckout = existsSync(source);

// A checkout runs as it is written, with syntax that only Node 24 has; the package is compiled for older ones.
const needed = inCheckout ? [24, 0] : [22, 22];

if (isRecentEnough(process.versions.node)) {
  module.enableCompileCache();
  const { main } = await import(pathToFileURL(inCheckout ? source : join(root, "dist/src/cli/main.js")).href);
  await main(process.argv.slice(2));
} else {
  const runtime = findRuntime();
  if (runtime && !process.env.REBOUND_RUNTIME) handOver(runtime);
  else refuse();
}

function isRecentEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > needed[0] || (major === needed[0] && minor >= needed[1]);
}

/** The nearest `node_modules/.bin/node`, from this package upwards. */
function findRuntime() {
  for (let folder = root; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules/.bin/node");
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return null;
  }
}

function handOver(runtime) {
  const child = spawn(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    // Set so that a runtime that is too old as well ends in a message and not in a loop.
    env: { ...process.env, REBOUND_RUNTIME: runtime },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`rebound: ${runtime} does not start: ${error.message}\n`);
    process.exitCode = 3;
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function refuse() {
  process.stderr.write(
    `rebound: needs Node ${needed.join(".")} or newer, and this is ${process.versions.node}. ` +
      (inCheckout ? "Run `npm ci` in " + root : "Install one beside it: npm install --save-dev node@24") +
      ".\n",
  );
  process.exitCode = 3;
}
