import { homedir } from "node:os";
import { join } from "node:path";

/** Where Rebound keeps what outlives a run, under the user's XDG state folder. */
export function stateFolder(): string {
  return join(process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "rebound");
}
