import { execa } from "execa";

/** Everything that can be said about the code without running it; each tool in its own process, all at once. */
const checks = {
  format: ["prettier", "--check", "--log-level", "warn", "."],
  lint: ["eslint", "--max-warnings", "0", "."],
  types: ["tsc", "--noEmit"],
  unused: ["knip", "--no-progress"],
} satisfies Record<string, [string, ...string[]]>;

async function check(name: string, [tool, ...args]: [string, ...string[]]): Promise<boolean> {
  const { all, durationMs, failed } = await execa(tool, args, {
    all: true,
    env: { FORCE_COLOR: process.stdout.isTTY ? "1" : "0" },
    preferLocal: true,
    reject: false,
  });
  const took = `${(durationMs / 1000).toFixed(1)} s`;
  process.stdout.write(failed ? `✗ ${name} (${took}): ${tool} ${args.join(" ")}\n${all}\n\n` : `✓ ${name} (${took})\n`);
  return !failed;
}

const passed = await Promise.all(Object.entries(checks).map(([name, command]) => check(name, command)));
if (passed.includes(false)) process.exitCode = 1;
