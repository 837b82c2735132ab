import type { Comparison, Finding } from "./compare.ts";

/** A difference that is known and stays, with the evidence for who is right. */
interface Difference {
  finding: Finding;
  recording: RegExp;
  subject: RegExp;
  what: RegExp;
  reason: string;
}

const differences: Difference[] = [
  {
    finding: "extra",
    recording: /^node-/,
    subject: /^vmi\//,
    what: /^event NodeUnresponsive/,
    reason: "The same race: which of the VMIs whose pods go at once the node controller still finds running is chance.",
  },
  {
    finding: "missing",
    recording: /^node-/,
    subject: /^vmi\//,
    what: /^event NodeUnresponsive/,
    reason:
      "A race between virt-controller's VMI and node controllers over who fails the VMI first: of the 7 VMIs of that recording 3 have the event, and of two members of one replica set one.",
  },
  {
    finding: "missing",
    recording: /^node-orderly-stop$/,
    subject: /^vmi\//,
    what: /^event Stopped Warning/,
    reason:
      "The same race, won by virt-controller, which tells of no stop: of the 7 VMIs of that recording 6 have the event.",
  },
  {
    finding: "extra",
    recording: /./,
    subject: /^pod\/.*#[2-9]/,
    what: /^event TaintManagerEviction/,
    reason:
      "A pod that was put on the node in the seconds between its first post and the end of its taint is spared when that goes; whether one was is the scheduler's lot.",
  },
  {
    finding: "extra",
    recording: /./,
    subject: /^vmirs\//,
    what: /^replicas [12-]$/,
    reason:
      "Two members that go 5 to 120 ms apart are counted in two passes of the replica set's controller or in one; the recordings' went in one.",
  },
  ...(["missing", "extra", "out of order"] as const).map((finding) => ({
    finding,
    recording: /^node-power-loss$/,
    subject: /^(vmi\/always#1|migration\/always#1\.1|pod\/always#1\.2)$/,
    what: /migration state failed|^event FailedMigration|^phase (Failed|Succeeded)/,
    reason:
      "The launcher that waits for a guest from the dead node gives up after 240 to 359 s, drawn at random: in the recording 14 s before the node was declared out of service, which ends the VMI and so the migration.",
  })),
  {
    finding: "extra",
    recording: /^drain$/,
    subject: /^vmi\//,
    what: /^event SyncFailed/,
    reason:
      "The target's virt-handler looks for the domain before it has arrived and fails once or not at all: 12 of the 13 recorded migrations have the event.",
  },
  {
    finding: "missing",
    recording: /^oom-compute$/,
    subject: /^vmi\/(rerun|rs\[1\])#1$/,
    what: /^ready reason GuestNotRunning/,
    reason:
      "Between the end of the VMI and the mark on its pod virt-controller may or may not write the condition: of the VMIs that a VM restarts after a crash some show it, some do not.",
  },
  {
    finding: "missing",
    recording: /^readiness-port-closed$/,
    subject: /^pod\/rs\[2\]#1\.1$/,
    what: /^event Unhealthy/,
    reason:
      "The emulated guest took longer to boot than the probe's initial delay; a simulated one may boot sooner, and boot times are not compared.",
  },
  {
    finding: "missing",
    recording: /^vmi-delete$/,
    subject: /^vmi\/manual#1$/,
    what: /^(phase Failed|event Stopped Warning)$/,
    reason:
      "Qemu of that one VM ended with an error while the guest powered off; the other five deleted beside it, equal but for the run strategy, Succeeded.",
  },
  {
    finding: "extra",
    recording: /^vmi-delete$/,
    subject: /^vmi\/manual#1$/,
    what: /^(phase Succeeded|event Stopped Normal)$/,
    reason: "As above: what the five others did, and what a guest that obeys leads to.",
  },
  {
    finding: "missing",
    recording: /./,
    subject: /^vmirs\//,
    what: /^(ready )?replicas 1$/,
    reason:
      "Two members that turn within one pass of the replica set's controller are counted once: the recordings' pairs turn 40 to 560 ms apart, and a simulated pair may fall into one pass.",
  },
];

/** Why that disagreement stays, if it is known. */
export function reasonFor(recording: string, { finding, subject, what }: Comparison): string | undefined {
  return differences.find(
    (one) =>
      one.finding === finding && one.recording.test(recording) && one.subject.test(subject) && one.what.test(what),
  )?.reason;
}
