import type { Probe, VmiSpec } from "../kube/objects.ts";
import { guestScript, servicePort, type ScriptOptions } from "./guest-script.ts";
import { obstructed, type Obstacle } from "./obstacles.ts";

/** What the default guest boots from: Alpine with cloud-init and a guest agent, of KubeVirt's demos. */
export const defaultGuestImage = "quay.io/kubevirt/alpine-with-test-tooling-container-disk:v1.9.0";

/** The third of its virtio disks, after the root and the user data. */
const dataDevice = "/dev/vdc";

/** What a variant may say about its guest; everything else of it is the default test guest. */
export interface GuestOptions {
  /** Memory the guest sees and requests, e.g. `"128Mi"`. */
  memory?: string;
  /** Memory limit of its container; by default there is none. */
  memoryLimit?: string;
  cpu?: string;
  /** Requests and limits as they stand in a manifest, in place of the three above; `memory` is then the guest's alone. */
  resources?: NonNullable<VmiSpec["domain"]["resources"]>;
  liveness?: Probe;
  readiness?: Probe;
  /** What keeps it from being migrated live; by default nothing does. */
  obstacle?: Obstacle;
  nodeSelector?: Record<string, string>;
  /** Seconds from power-on until it serves; by default what its image takes. */
  bootSeconds?: number;
  /** `false`: it ignores the request to shut down, so that it is destroyed when its grace is over. */
  obeysAcpi?: boolean;
  /** Whether it runs a guest agent; by default it does not. */
  agent?: boolean;
  /** Whether the platform hears of a panic of its kernel; by default it does not. */
  panicDevice?: boolean;
  /** What becomes of it when it hangs, by a watchdog device that a daemon in it feeds; by default there is none. */
  watchdog?: "poweroff" | "reset" | "shutdown";
  /** Seconds a shutdown may take before the guest is destroyed. */
  terminationGracePeriodSeconds?: number;
}

/** When a probe asks, and how often it must fail. */
export type ProbeTiming = Pick<
  Probe,
  "initialDelaySeconds" | "periodSeconds" | "timeoutSeconds" | "successThreshold" | "failureThreshold"
>;

const timing: ProbeTiming = { initialDelaySeconds: 20, periodSeconds: 5, failureThreshold: 3 };

/** A probe that connects to the default guest's service port. */
export function tcpProbe({ port = servicePort, ...own }: ProbeTiming & { port?: number } = {}): Probe {
  return { tcpSocket: { port }, ...timing, ...own };
}

/** A probe that gets a page from the default guest's service port. */
export function httpProbe({ port = servicePort, ...own }: ProbeTiming & { port?: number } = {}): Probe {
  return { httpGet: { port }, ...timing, ...own };
}

/** A probe that runs a command in the guest; the guest needs its agent. */
export function execProbe(command: string[], own: ProbeTiming = {}): Probe {
  return { exec: { command }, ...timing, ...own };
}

/** A probe that asks the guest's agent whether it is there. */
export function agentProbe(own: ProbeTiming = {}): Probe {
  return { guestAgentPing: {}, ...timing, ...own };
}

/** The same for the model of a guest, which reads no script. */
export function guestAnnotations({ bootSeconds, obeysAcpi, agent }: GuestOptions): Record<string, string> {
  return {
    ...(bootSeconds !== undefined && { "guest.rebound.dev/boot-seconds": String(bootSeconds) }),
    ...(obeysAcpi === false && { "guest.rebound.dev/ignores-acpi": "true" }),
    ...(agent === true && { "guest.rebound.dev/agent": "true" }),
  };
}

/** What of it is said in the script that it runs at boot. */
function scripted({
  bootSeconds = 0,
  obeysAcpi = true,
  agent = false,
  watchdog,
  obstacle,
}: GuestOptions): ScriptOptions {
  const markerOn = obstacle === "disk" ? { volume: "data", device: dataDevice } : { volume: "root" };
  return { bootSeconds, obeysAcpi, agent, watchdog: watchdog !== undefined, markerOn };
}

/** The spec of a VMI that runs the default test guest: migratable, one vCPU, reachable on its two ports. */
export function guestSpec(options: GuestOptions = {}, claimName = "data"): VmiSpec {
  const { obstacle } = options;
  return obstacle === undefined ? unobstructed(options) : obstructed(unobstructed(options), obstacle, claimName);
}

function unobstructed(options: GuestOptions): VmiSpec {
  const memory = options.memory ?? "128Mi";
  return {
    domain: {
      cpu: { cores: 1 },
      memory: { guest: memory },
      resources: options.resources ?? {
        requests: { memory, cpu: options.cpu ?? "50m" },
        ...(options.memoryLimit !== undefined && { limits: { memory: options.memoryLimit } }),
      },
      devices: {
        disks: [
          { name: "root", disk: { bus: "virtio" } },
          { name: "cloudinit", disk: { bus: "virtio" } },
        ],
        interfaces: [{ name: "default", masquerade: {} }],
        ...(options.panicDevice === true && { panicDevices: [{ model: "isa" }] }),
        ...(options.watchdog !== undefined && {
          watchdog: { name: "watchdog", i6300esb: { action: options.watchdog } },
        }),
      },
    },
    networks: [{ name: "default", pod: {} }],
    volumes: [
      { name: "root", containerDisk: { image: defaultGuestImage } },
      { name: "cloudinit", cloudInitNoCloud: { userData: guestScript(scripted(options)) } },
    ],
    ...(options.liveness !== undefined && { livenessProbe: options.liveness }),
    ...(options.readiness !== undefined && { readinessProbe: options.readiness }),
    ...(options.nodeSelector !== undefined && { nodeSelector: options.nodeSelector }),
    ...(options.terminationGracePeriodSeconds !== undefined && {
      terminationGracePeriodSeconds: options.terminationGracePeriodSeconds,
    }),
  };
}
