import {
  everyRunStrategy,
  everyStrategy,
  experiment,
  guestPanic,
  guestPoweroff,
  guestReboot,
  launcherKill,
  podDelete,
  virtctlRestart,
  virtctlStop,
  vmiDelete,
} from "rebound";

/**
 * Practice "Run strategy": Always and RerunOnFailure are said to restart a VM after a failure. What each strategy
 * does depends on how the VM ended, and on who ended it.
 */
export default [
  experiment({
    id: "guest-poweroff",
    title: "A guest that switches itself off comes back under Always alone",
    practices: ["run-strategy", "vm-crash"],
    fault: guestPoweroff(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "guest-reboot",
    title: "A guest that reboots keeps its VMI, whatever its run strategy",
    practices: ["run-strategy"],
    fault: guestReboot(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "guest-panic-heard",
    title: "A kernel panic with a panic device is a crash: Always and RerunOnFailure start the VM again",
    practices: ["run-strategy", "vm-crash"],
    fault: guestPanic(),
    variants: everyStrategy({ panicDevice: true }),
  }),
  experiment({
    id: "guest-panic-unheard",
    title: "A kernel panic without a panic device leaves a VM that runs and serves nobody",
    practices: ["run-strategy", "vm-crash"],
    fault: guestPanic(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "launcher-kill",
    title: "A VM whose virt-launcher is killed comes back under Always and RerunOnFailure, after the watchdog",
    practices: ["run-strategy", "vm-crash"],
    fault: launcherKill(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "pod-delete",
    title: "A deleted launcher pod shuts an obedient guest down: only Always starts it again",
    practices: ["run-strategy"],
    fault: podDelete(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "pod-delete-ignored",
    title: "A deleted launcher pod destroys a guest that ignores it: Always and RerunOnFailure start it again",
    practices: ["run-strategy"],
    fault: podDelete(),
    variants: everyStrategy({ obeysAcpi: false }),
  }),
  experiment({
    id: "pod-delete-force",
    title: "A launcher pod deleted by force is a failure at once: Always and RerunOnFailure start the VM again",
    practices: ["run-strategy"],
    fault: podDelete({ force: true }),
    variants: everyStrategy(),
  }),
  experiment({
    id: "vmi-delete",
    title: "A VMI that a user deletes comes back under Always and Once, not under RerunOnFailure and Manual",
    practices: ["run-strategy"],
    fault: vmiDelete(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "virtctl-stop",
    title: "A VM that is stopped on request stays down, whatever its run strategy",
    practices: ["run-strategy"],
    fault: virtctlStop(),
    variants: everyRunStrategy(),
  }),
  experiment({
    id: "virtctl-restart",
    title: "A VM that is restarted on request is back as another VMI; Once refuses",
    practices: ["run-strategy"],
    fault: virtctlRestart(),
    variants: everyRunStrategy(),
  }),
];
