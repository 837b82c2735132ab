import type { Clock } from "../clock/clock.ts";
import type { ClusterDescription } from "../experiment/plan.ts";
import type { SampleEntry } from "../observe/journal.ts";
import type { KubeClient } from "./kube-client.ts";

/** A cluster as scenarios see it: one interface whatever is behind it. */
export interface Cluster extends AsyncDisposable {
  readonly description: ClusterDescription;
  /** What it would be with these operators installed. Not there where a cluster has those that it has. */
  readonly describeWith?: (operators: readonly string[]) => ClusterDescription;
  readonly clock: Clock;
  readonly kube: KubeClient;
  readonly actuators: Actuators;
  /** Why a fault of that reach is not allowed here, in one sentence; null where it is. Not there where everything may be broken. */
  readonly refuses?: (reach: Reach) => Promise<string | null>;
  /** What hands have left on its nodes and is not put back, each in a few words. Not there where the nodes go with the cluster. */
  readonly leftovers?: () => Promise<string[]>;
  /** What a node's systemd unit wrote since then. Not there where nobody can look. */
  readonly unitLog?: (node: string, unit: string, since: Date) => Promise<string>;
  /**
   * Brings images to every node that lacks them; those that it could not are left to the nodes' own pull. Not there where
   * nodes have what they have.
   */
  readonly provideImages?: (images: readonly string[], signal?: AbortSignal) => Promise<ImageLack[]>;
  /**
   * Starts asking every guest of the namespace whether it answers; calls `onSample` when an answer changes, and
   * `onLost` when it could not ask between two instants (milliseconds of the clock). A guest is asked on when its VMI
   * has ended, and that it still answers is told every few seconds: the platform may be wrong about its end. Where a Service with a
   * port of every node stands before guests, the way of their users is asked too, once it has led to one. Null where guests are not asked.
   *
   * @param awayFrom nodes that are going to be broken: it must not run on them
   */
  startProber(
    namespace: string,
    onSample: (sample: Sample) => void,
    onLost?: (fromMs: number, toMs: number, reason: string) => void,
    awayFrom?: readonly string[],
  ): Promise<Prober | null>;
}

/** An image that could not be brought to the nodes, and why. */
export interface ImageLack {
  image: string;
  reason: string;
}

/** What a fault would hit at once. */
export interface Reach {
  /** The nodes that it takes away or disturbs; none where it is aimed at VMs alone. */
  nodes: string[];
  victims: VmiRef[];
}

/** A `SampleEntry` without its place in a journal; times in milliseconds of the clock. */
export interface Sample extends Omit<SampleEntry, "kind" | "asked" | "lastOfPrevious" | "known"> {
  atMs: number;
  askedMs: number;
  lastOfPreviousMs: number | null;
}

export interface Prober extends AsyncDisposable {
  /** How often each guest is asked, in milliseconds. */
  readonly periodMs: number;
  /** Since when, and why, it cannot ask; null while it can. */
  readonly lost: { sinceMs: number; reason: string } | null;
}

/** When something was done to the cluster: it happened between these instants of the clock, in milliseconds. */
export interface Receipt {
  fromMs: number;
  toMs: number;
  /** What shows that it took effect, e.g. `qemu (pid 4711) is gone`. */
  evidence: string;
}

/** A virtual machine instance to lay hands on. */
export interface VmiRef {
  namespace: string;
  name: string;
  uid: string;
  /** The node it is meant on: a migration has it on two. By default the one that its status names. */
  node?: string;
}

/** What a provider may or may not be able to do. */
export type Capability =
  | "node-power"
  | "node-shutdown"
  | "node-freeze"
  | "node-network"
  | "node-memory"
  | "kubelet"
  | "kill-qemu"
  | "kill-launcher"
  | "guest-power"
  | "panic-guest"
  | "hang-guest"
  | "container-oom"
  | "guest-port"
  | "guest-memory"
  | "kill-libvirt"
  | "container-runtime"
  | "component"
  | "api-server"
  | "api-delay";

/** A part of KubeVirt that can be away while its guests run. */
export type ComponentName = "virt-controller" | "virt-api" | "virt-handler";

/** The hands. Each act resolves when done, rejects with a `EnvironmentError` when it could not be done. */
export interface Actuators {
  /** Why this provider cannot do it, or null when it can. */
  unsupported(capability: Capability): string | null;
  /** Cuts the node's power: everything on it stops at once, nobody is told. */
  powerOff(node: string): Promise<Receipt>;
  /** Powers it on again; resolves when it was told to boot, not when it is ready. */
  powerOn(node: string): Promise<Receipt>;
  /** Shuts the node's operating system down in order, as `shutdown -h now` would. */
  shutDown(node: string): Promise<Receipt>;
  /** Stops everything on the node without ending it, guests included; `thaw` lets it go on. */
  freeze(node: string): Promise<Receipt>;
  thaw(node: string): Promise<Receipt>;
  /** Lets no packet pass between the node and the rest of the cluster; what runs on it goes on. */
  disconnect(node: string): Promise<Receipt>;
  connect(node: string): Promise<Receipt>;
  /** Uses up the node's memory until so many bytes are left; `releaseMemory` gives back what was used up. */
  fillMemory(node: string, leftBytes: number): Promise<Receipt>;
  releaseMemory(node: string): Promise<Receipt>;
  /** Stops the node's kubelet, and only that: containers and guests go on. */
  stopKubelet(node: string): Promise<Receipt>;
  startKubelet(node: string): Promise<Receipt>;
  /** Stops the node's container runtime (containerd), and only that: containers and guests go on, nothing starts or ends. */
  stopRuntime(node: string): Promise<Receipt>;
  startRuntime(node: string): Promise<Receipt>;
  /** Keeps a component of the platform from doing anything, on every node, until it is started again. */
  stopComponent(component: ComponentName): Promise<Receipt>;
  startComponent(component: ComponentName): Promise<Receipt>;
  /**
   * Lets nobody reach the API server but Rebound itself: no kubelet, no controller, no component of KubeVirt. What it
   * answers to Rebound is as ever. `restoreApi` ends this, and slowness too; it does no harm where there is neither.
   */
  cutApi(): Promise<Receipt>;
  /** Makes the API server take that many milliseconds longer over everything, for everybody but Rebound. */
  slowApi(delayMs: number): Promise<Receipt>;
  restoreApi(): Promise<Receipt>;
  /** Kills qemu, and only qemu, with SIGKILL. */
  killQemu(vmi: VmiRef): Promise<Receipt>;
  /** Kills virt-launcher, qemu's keeper, with SIGKILL. */
  killLauncher(vmi: VmiRef): Promise<Receipt>;
  /** Kills virtqemud, the libvirt daemon between virt-launcher and qemu, with SIGKILL; neither of these. */
  killLibvirt(vmi: VmiRef): Promise<Receipt>;
  /** The guest switches itself off, as `poweroff` in it does. */
  powerOffGuest(vmi: VmiRef): Promise<Receipt>;
  /** The guest reboots, as `reboot` in it does. */
  rebootGuest(vmi: VmiRef): Promise<Receipt>;
  /** The guest's kernel panics. */
  panicGuest(vmi: VmiRef): Promise<Receipt>;
  /** Stops the guest's kernel without ending its qemu: it answers nothing and obeys nothing. */
  hangGuest(vmi: VmiRef): Promise<Receipt>;
  /**
   * Uses up the guest's own memory until its kernel's OOM killer strikes in it: what answered is gone, and its qemu
   * uses no more memory than it was given.
   */
  exhaustGuest(vmi: VmiRef): Promise<Receipt>;
  /** Drives the compute container over its memory limit until the kernel kills in it. */
  oomKill(vmi: VmiRef): Promise<Receipt>;
  /** Makes the guest deaf on one TCP port; the guest itself goes on. */
  closePort(vmi: VmiRef, port: number): Promise<Receipt>;
  openPort(vmi: VmiRef, port: number): Promise<Receipt>;
}
