import nodeShutdown from "./node-shutdown.ts";
import oomKill from "./oom-kill.ts";
import probeFailure from "./probe-failure.ts";
import vmCrash from "./vm-crash.ts";

/** The four basic faults against every run strategy. */
export default [vmCrash, ...nodeShutdown, oomKill[0], ...probeFailure];
