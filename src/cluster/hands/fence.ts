import { randomUUID } from "node:crypto";
import { EnvironmentError } from "../../errors.ts";
import { mustRunOn, type NodeShell } from "../node-shell.ts";

/** This process, to nodes. */
const thisProcess = randomUUID();

const lock = "/run/rebound.lock";
const owner = "/run/rebound.owner";

/** No act takes longer; see their own limits. In seconds. */
const longestActSeconds = 150;

/** What a script ends with that came for somebody who does not have the node (EX_TEMPFAIL of sysexits.h). */
const refused = 75;

/** Waits until every act that runs on the node has ended. */
const take = `
exec 9>>${lock} && flock -x 9 && echo "$1" >${owner}
`;

/** Acts run beside each other, but not beside a change of hands. What an act leaves running does not hold the lock. */
const guarded = (script: string): string => `
exec 9>>${lock} && flock -s 9 || exit 1
[ "$(cat ${owner} 2>/dev/null)" = "$1" ] || exit ${refused}
shift
(
${script}
) 9>&-
`;

/**
 * A shell whose scripts run only while this process has the node. A harness can be killed after it sent a script and
 * before that began: were it still to run, it would break again what was put back meanwhile. So a process takes a node
 * before its first script there, and from then on those of whoever had it before do nothing.
 */
export function fencedShell(shell: NodeShell, self: string = thisProcess): NodeShell {
  const taken = new Map<string, Promise<unknown>>();
  const takeNode = (node: string): Promise<unknown> => {
    const taking = mustRunOn(shell, node, "taking it over", take, [self], { limitSeconds: longestActSeconds });
    taken.set(node, taking);
    // The next script may find the node in a better state.
    taking.catch(() => taken.delete(node));
    return taking;
  };
  return {
    sharesClock: shell.sharesClock,
    run: async (node, script, args = [], options = {}) => {
      const act = () => shell.run(node, guarded(script), [self, ...args], options);
      await (taken.get(node) ?? takeNode(node));
      const first = await act();
      if (first.exitCode !== refused) return first;
      // The node began anew since, or somebody who is dead by now took it last.
      await takeNode(node);
      const second = await act();
      if (second.exitCode !== refused) return second;
      throw new EnvironmentError(`another process of Rebound works on node ${node}; wait for it, or end it`);
    },
  };
}
