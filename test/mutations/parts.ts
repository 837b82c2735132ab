import type { Mutation } from "./mutation.ts";

const launcher = "src/simulator/kubevirt/launcher/launcher.ts";
const kubelet = "src/simulator/node/kubelet.ts";
const eviction = "src/simulator/node/eviction-manager.ts";
const components = "src/simulator/kubevirt/components.ts";

/** What the parts of the platform do for one another, turned wrong in the model; and what is made of two guests at once. */
export const parts: Mutation[] = [
  {
    what: "qemu dies with its libvirt",
    file: launcher,
    find: "    this.copy?.loseLibvirt();",
    replace: "    this.domain?.kill();",
    grep: "^libvirt-kill/always$",
  },
  {
    what: "a guest out of memory goes on serving",
    file: "src/simulator/kubevirt/guest/guest.ts",
    find: "    this.#exhausted = true;",
    replace: "    this.#exhausted = false;",
    grep: "^guest-oom-unwatched/always$",
  },
  {
    what: "an agent tells of a guest out of memory",
    file: launcher,
    find: `return guest?.agentConnected === true || this.domain?.state.state === "Paused" ? "success" : "refused";`,
    replace: `return guest?.serves(1500) === true ? "success" : "refused";`,
    grep: "^guest-oom-unseen/agent$",
  },
  {
    what: "a node does not say that its container runtime is down",
    file: kubelet,
    find: "this.#heartbeat.runtimeDown = !this.machine.runtimeRunning;",
    replace: "this.#heartbeat.runtimeDown = false;",
    grep: "^runtime-stop-long/always$",
  },
  {
    what: "a kubelet ends containers without its container runtime",
    file: "src/simulator/node/pod-worker.ts",
    find: "if (!this.#host.machine.runtimeRunning) return;",
    replace: "",
    grep: "^crash-without-runtime/always$",
  },
  {
    what: "a kubelet's patience with its container runtime is doubled",
    file: kubelet,
    find: "const runtimePatienceMs = 30_000;",
    replace: "const runtimePatienceMs = 300_000;",
    grep: "^runtime-stop-long/always$",
  },
  {
    what: "an API server that is cut off is reached all the same",
    file: "src/simulator/world-state.ts",
    find: `return this.up("kube-apiserver") && !this.#apiCut;`,
    replace: `return this.up("kube-apiserver");`,
    grep: "^crash-without-api-server/always$",
  },
  {
    what: "who lost its lease tries long after to get it back",
    file: components,
    find: `between(0, leaderElection.retryMs, "leader election", clock.now()), () => this.#settle())`,
    replace: `between(300_000, 320_000, "leader election", clock.now()), () => this.#settle())`,
    grep: "^crash-without-api-server/always$",
  },
  {
    what: "nobody waits for a slow API server",
    file: "src/experiment/expectations/times.ts",
    find: "most: delay * 20",
    replace: "most: delay * 0",
    grep: "^power-loss-with-slow-api-server|drain-with-slow-api-server|crash-with-slow-api-server",
  },
  {
    what: "the kubelet evicts the important first",
    file: eviction,
    find: "priorityOf(a) - priorityOf(b)",
    replace: "priorityOf(b) - priorityOf(a)",
    grep: "^node-pressure-priority/",
  },
  {
    what: "the kubelet looks at priority before it looks at usage",
    file: eviction,
    find: "Number(overB > 0) - Number(overA > 0) || priorityOf(a) - priorityOf(b)",
    replace: "priorityOf(a) - priorityOf(b) || Number(overB > 0) - Number(overA > 0)",
    grep: "^node-pressure-over-request/",
  },
  {
    what: "the kubelet evicts the modest first",
    file: eviction,
    find: "|| overB - overA;",
    replace: "|| overA - overB;",
    grep: "^node-pressure-greed/",
  },
  {
    what: "a node short of memory takes pods again at once",
    file: "src/simulator/controllers/condition-taints.ts",
    find: `...(is("MemoryPressure", "True") ? ["memory-pressure"] : []),`,
    replace: "",
    grep: "^node-pressure-pinned-always/evicted$",
  },
  {
    what: "a crash of a VM that ran counts as one more start that failed",
    file: "src/simulator/kubevirt/virtual-machine/start-failure.ts",
    find: "if (ran) return undefined;",
    replace: "if (ran && !isFinal(vmi)) return before;",
    grep: "^start-crash-then-crash/always$",
  },
  {
    what: "a split brain is taken for granted",
    file: "src/experiment/expectations/split-brain.ts",
    find: "return isAlive &&",
    replace: "return !isAlive &&",
    grep: "^split-brain-kubelet-stop/always$",
  },
];
