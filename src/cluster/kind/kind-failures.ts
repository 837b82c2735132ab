import type { CommandError } from "./command.ts";

/** What kind, or the engine behind it, says when it fails; why that is, and what mends it. */
const failures: { pattern: RegExp; cause: string; cure: string }[] = [
  {
    pattern: /failed to pull image "([^"]+)"/,
    cause: "the node image $1 is neither in the container engine nor to be had from its registry",
    cure: "bring it in (`docker pull`, or `docker load` where there is no network), or name one that is there with --node-image",
  },
  {
    pattern: /no space left on device/i,
    cause: "the disk is full",
    cure: "make room (`docker system df` shows what the engine holds, `docker system prune` frees what nobody uses)",
  },
  {
    pattern: /cannot connect to the docker daemon|is the docker daemon running|error during connect/i,
    cause: "the container engine does not answer",
    cure: "start it (`systemctl start docker`), or name one in DOCKER_HOST",
  },
  {
    pattern: /unable to apply caps|operation not permitted/i,
    cause: "the container engine may not start privileged containers here",
    cure: "use a rootful engine on a machine that has every capability, or a runtime that asks for those it has",
  },
  {
    pattern: /too many open files|inotify/i,
    cause: "there are too few inotify instances or watches",
    cure: "`sysctl -w fs.inotify.max_user_instances=8192 fs.inotify.max_user_watches=524288`",
  },
  {
    pattern: /could not find a log line that matches/i,
    cause: "a node's container started and its systemd did not come up",
    cure: "see `rebound cluster doctor`: too few inotify instances and too little memory are the usual reasons",
  },
  {
    pattern: /node\(s\) already exist for a cluster with the name "([^"]+)"/,
    cause: "there are nodes of a cluster $1 already",
    cure: "remove them with `rebound cluster down --name $1`",
  },
  {
    pattern: /port is already allocated|address already in use/i,
    cause: "a port that the cluster needs is taken",
    cure: "end who holds it, or choose another in kind-config.yaml",
  },
  {
    pattern: /failed to (?:init|join) node with kubeadm/,
    cause: "Kubernetes did not come up in a node",
    cure: "see `rebound cluster doctor`; `kind create cluster --retain` keeps the nodes, and their kubelet's journal, to look at",
  },
  {
    pattern: /unable to decode config|unknown (?:api)?version|yaml: /i,
    cause: "kind does not understand its configuration",
    cure: "mend kind-config.yaml, see https://kind.sigs.k8s.io/docs/user/configuration/",
  },
];

/** What a failure of kind means: cause, cure, and kind's own words. */
export function explainKind(error: Pick<CommandError, "message" | "stderr" | "missing">): string {
  if (error.missing)
    return `${error.message}; install kind: https://kind.sigs.k8s.io/docs/user/quick-start/#installation`;
  for (const { pattern, cause, cure } of failures) {
    const found = pattern.exec(error.stderr);
    if (!found) continue;
    const about = (text: string): string => text.replaceAll("$1", found[1] ?? "");
    return `${about(cause)}; ${about(cure)} (kind said: ${lineOf(error.stderr, found.index)})`;
  }
  return error.message;
}

function lineOf(text: string, index: number): string {
  return text
    .slice(text.lastIndexOf("\n", index) + 1)
    .split("\n", 1)[0]!
    .trim();
}
