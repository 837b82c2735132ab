import type { MachineFacts } from "./machine-facts.ts";

/** One thing that a kind cluster with KubeVirt needs of the machine. */
export interface Finding {
  name: string;
  /** `poor`: it works, and `cure` says at what price; `bad`: it will not work. */
  health: "good" | "poor" | "bad";
  found: string;
  /** What mends it; null where nothing is amiss. */
  cure: string | null;
}

/**
 * What three workers with KubeVirt need; inotify after https://kind.sigs.k8s.io/docs/user/known-issues/. Versions are
 * the oldest that have node images for a Kubernetes that a supported KubeVirt runs on.
 */
const needs = {
  inotifyInstances: 512,
  inotifyWatches: 524_288,
  cpus: 2,
  memoryGiB: 8,
  freeDiskGiB: 20,
  kind: "0.27",
  kubectl: "1.30",
};

/** Judges the machine; a pure function of the facts. */
export function examine({ engine, kind, kubectl, inotify, kvm, freeDiskBytes }: MachineFacts): Finding[] {
  const { version, rootless, cgroup, cpus, memoryBytes, lack } = engine;
  const findings = [
    lack !== null
      ? bad("container engine", "none answers", lack)
      : rootless
        ? bad("container engine", `${version}, rootless`, "use a rootful engine: nodes are privileged containers")
        : good("container engine", version),
    ofVersion("kind", kind, needs.kind, "https://kind.sigs.k8s.io/docs/user/quick-start/#installation"),
    ofVersion("kubectl", kubectl, needs.kubectl, "https://kubernetes.io/docs/tasks/tools/"),
    enough(
      "inotify instances",
      inotify.instances,
      needs.inotifyInstances,
      "sysctl -w fs.inotify.max_user_instances=8192",
    ),
    enough("inotify watches", inotify.watches, needs.inotifyWatches, "sysctl -w fs.inotify.max_user_watches=524288"),
    kvm
      ? good("KVM", "/dev/kvm is usable")
      : poor(
          "KVM",
          "no usable /dev/kvm",
          "guests will be emulated and boot slowly; load kvm_intel or kvm_amd to mend it",
        ),
    cgroup === "v1"
      ? poor("cgroup", "v1", "boot with systemd.unified_cgroup_hierarchy=1 before kind drops it")
      : good("cgroup", cgroup),
    enough("CPUs", cpus, needs.cpus, "give the machine more"),
    enough(
      "memory",
      gib(memoryBytes),
      needs.memoryGiB,
      "give it more, or take workers out of kind-config.yaml",
      " GiB",
    ),
    enough(
      "free disk",
      gib(freeDiskBytes),
      needs.freeDiskGiB,
      "make room; `docker system df` shows who holds it",
      " GiB",
    ),
  ];
  return findings;
}

const good = (name: string, found: string): Finding => ({ name, health: "good", found, cure: null });
const poor = (name: string, found: string, cure: string): Finding => ({ name, health: "poor", found, cure });
const bad = (name: string, found: string, cure: string): Finding => ({ name, health: "bad", found, cure });

function enough(name: string, found: number | null, needed: number, cure: string, unit = ""): Finding {
  if (found === null) return poor(name, "not known", `see to it that there are ${needed}${unit}`);
  if (found >= needed) return good(name, `${found}${unit}`);
  return bad(name, `${found}${unit}, ${needed}${unit} are needed`, cure);
}

function ofVersion(name: string, found: string | null, oldest: string, where: string): Finding {
  if (found === null) return bad(name, "not on the PATH", `install it: ${where}`);
  const [major = 0, minor = 0] = numbers(found);
  const [oldMajor = 0, oldMinor = 0] = numbers(oldest);
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return good(name, found);
  return bad(name, `${found}, older than ${oldest}`, `install a newer one: ${where}`);
}

function numbers(version: string): number[] {
  return (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
}

function gib(bytes: number | null): number | null {
  return bytes === null ? null : Math.floor(bytes / 2 ** 30);
}
