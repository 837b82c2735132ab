import { nodeLosses, serving, type Practice, type Trial } from "./practice.ts";

const crashes = ["vm-crash", "launcher-kill", "guest-poweroff", "guest-panic"];
const overloads = ["oom-kill", "node-pressure"];
/** What somebody asked for is no failure. */
const asked = ["vmi-delete", "virtctl-stop", "virtctl-restart", "guest-reboot", "drain"];

/** Every practice of the vendor's document, in its order, with what each promises. */
export const practices: readonly Practice[] = [
  {
    id: "live-migratable",
    section: "Virtualization Best Practices",
    promise: "a VM can be migrated live, which every recovery procedure is said to require",
    promises: (trial) => (trial.fault.name === "live-migration" && isHit(trial) ? ["migrated"] : null),
  },
  {
    id: "run-strategy",
    section: "Run Strategy",
    promise: "a VM that runs under Always or RerunOnFailure is restarted automatically after a failure",
    promises: (trial) =>
      isAgile(trial) && isHit(trial) && !asked.includes(trial.fault.name) && !isReadiness(trial) ? serving : null,
  },
  {
    id: "resources",
    section: "Common Practices",
    promise: "a VM that states what it requests finds its place again",
    promises: (trial) => (isHit(trial) && !isNodeLoss(trial) ? serving : onRelief(trial)),
  },
  {
    id: "instance-type",
    section: "Common Practices",
    promise: "an instance type stands for resources: the VM starts, and starts again",
    promises: ({ variant, phase }) =>
      phase === "observe" && variant.traits["size"]?.includes("instance type") === true ? serving : null,
  },
  {
    id: "placement",
    section: "Common Practices",
    promise: "a VM can be bound to nodes by a node selector: it starts there, and starts again",
    promises: (trial) => {
      if (trial.variant.traits["node selector"] === undefined) return null;
      const isAway = isNodeLoss(trial) || trial.fault.name === "drain";
      return isAway ? onRelief(trial) : trial.phase === "observe" ? serving : null;
    },
  },
  {
    id: "node-maintenance",
    section: "Maintenance of Node Handling",
    promise: "with the eviction strategy LiveMigrate, draining a node migrates every VM away from it",
    promises: (trial) => (trial.fault.name === "drain" && isHit(trial) && migrates(trial) ? ["migrated"] : null),
  },
  {
    id: "maintenance-room",
    section: "Maintenance of Node Handling",
    promise:
      "verified to have room on the other nodes for its VMs, a node is drained of all of them; without, none is touched",
    promises: (trial) => {
      if (trial.fault.parameters["verifyRoom"] !== true || !isHit(trial) || !migrates(trial)) return null;
      return trial.variant.bite?.refused === true ? ["blocked"] : ["migrated"];
    },
  },
  {
    id: "cluster-eviction-strategy",
    section: "Maintenance of Node Handling",
    promise:
      "by default the cluster's own eviction strategy is LiveMigrate, so that a drain migrates VMs that state none",
    promises: (trial) =>
      trial.fault.name === "drain" && isHit(trial) && trial.variant.evictionStrategy === null ? ["migrated"] : null,
  },
  {
    id: "replica-set-maintenance",
    section: "Maintenance of Node Handling",
    promise: "of a replica set, a drain migrates the VMs of the drained node and leaves the others alone",
    promises: (trial) => {
      if (trial.fault.name !== "drain" || trial.phase !== "observe" || !isSet(trial) || !migrates(trial)) return null;
      return isVictim(trial) ? ["migrated"] : ["undisturbed"];
    },
  },
  {
    id: "accident-recovery",
    section: "Accident Recovery",
    promise: "with the eviction strategy LiveMigrate, a VM is migrated when it is evicted or runs out of memory",
    promises: (trial) =>
      overloads.includes(trial.fault.name) && isHit(trial) && migrates(trial) ? ["migrated", "undisturbed"] : null,
  },
  {
    id: "node-overload",
    section: "Node Overload",
    promise:
      "with the eviction strategy LiveMigrate, the kubelet evicts a VM from an overloaded node by live migration",
    promises: (trial) =>
      overloads.includes(trial.fault.name) && isHit(trial) && migrates(trial) ? ["migrated"] : null,
  },
  {
    id: "node-shutdown",
    section: "Node Shutdown",
    promise: "a VM on a node that is shut down or unreachable is recovered by virtctl migrate",
    // A node without its kubelet is neither: its virt-handler still does as it is told.
    promises: (trial) => {
      const isDead = isNodeLoss(trial) && trial.fault.name !== "kubelet-stop";
      return isDead && trial.phase === "virtctl-migrate" && isVictim(trial) && !isSet(trial) ? ["migrated"] : null;
    },
  },
  {
    id: "vm-crash",
    section: "Virtual Machine Crash",
    promise: "a VM that shuts down unexpectedly is restarted automatically, with no action of an administrator",
    promises: (trial) => (isHit(trial) && crashes.includes(trial.fault.name) ? serving : null),
  },
  {
    id: "liveness-probe",
    section: "Detecting Broken State",
    promise: "a VM whose liveness probe fails is created anew automatically",
    promises: (trial) => {
      const isProbed = trial.variant.traits["liveness"] !== undefined && trial.phase === "observe";
      if (!isProbed || isReadiness(trial)) return null;
      // One that stands by and never comes up has a probe that brings it down.
      return isVictim(trial) ? ["restarted"] : trial.variant.runStrategy === "Halted" ? null : serving;
    },
  },
  {
    id: "readiness-probe",
    section: "Detecting Broken State",
    promise: "a readiness probe takes a broken VM out of service, and back once it works again",
    promises: (trial) => {
      if (!isVictim(trial) || !isReadiness(trial)) return null;
      return trial.phase === "observe" ? ["stuck"] : ["resumed"];
    },
  },
];

function isVictim({ variant }: Trial): boolean {
  return variant.role === "victim";
}

/** The fault's own phase, for one that it was aimed at. */
function isHit(trial: Trial): boolean {
  return isVictim(trial) && trial.phase === "observe";
}

/** Run in one of the ways that the document calls aggressive. */
function isAgile({ variant: { runStrategy } }: Trial): boolean {
  return runStrategy === "Always" || runStrategy === "RerunOnFailure";
}

function isSet({ variant }: Trial): boolean {
  return variant.kind === "VirtualMachineInstanceReplicaSet";
}

function migrates({ variant, clusterEvictionStrategy }: Trial): boolean {
  return (variant.evictionStrategy ?? clusterEvictionStrategy) === "LiveMigrate";
}

function isReadiness({ fault }: Trial): boolean {
  return fault.name === "probe-failure" && fault.parameters["probe"] === "readiness";
}

function isNodeLoss({ fault }: Trial): boolean {
  return nodeLosses.includes(fault.name);
}

/** On a node that is lost or drained nothing is promised before somebody gives it up. */
function onRelief(trial: Trial): typeof serving | null {
  const isRelieved = trial.phase !== "observe" && trial.phase !== "virtctl-migrate" && isVictim(trial);
  return isRelieved ? serving : null;
}
