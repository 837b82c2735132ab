import pc from "picocolors";

/** Columns as wide as their content, two spaces apart, under a heading. */
export function columns(head: string[], rows: string[][], colour: boolean): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const [heading = "", ...lines] = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [pc.createColors(colour).bold(heading), ...lines].join("\n");
}
