/** What an instance type decides (staging/src/kubevirt.io/api/instancetype/v1beta1/types.go). */
export interface InstancetypeSpec {
  cpu: {
    guest: number;
    model?: string;
    dedicatedCPUPlacement?: boolean;
    isolateEmulatorThread?: boolean;
    maxSockets?: number;
    numa?: object;
    realtime?: object;
  };
  memory: { guest: string; hugepages?: object; maxGuest?: string; overcommitPercent?: number };
  nodeSelector?: Record<string, string>;
  schedulerName?: string;
  gpus?: object[];
  hostDevices?: object[];
  ioThreadsPolicy?: string;
  ioThreads?: { supplementalPoolThreadCount?: number };
  launchSecurity?: object;
  annotations?: Record<string, string>;
}

/** What a preference would have where nobody says otherwise, and the least it asks for. */
export interface PreferenceSpec {
  cpu?: {
    preferredCPUTopology?: string;
    preferredCPUFeatures?: { name: string }[];
    spreadOptions?: { across?: string; ratio?: number };
  };
  preferSpreadSocketToCoreRatio?: number;
  clock?: { preferredClockOffset?: object; preferredTimer?: object };
  devices?: PreferredDevices;
  features?: Record<string, object | undefined>;
  firmware?: {
    preferredUseBios?: boolean;
    preferredUseBiosSerial?: boolean;
    preferredEfi?: object;
    preferredUseEfi?: boolean;
    preferredUseSecureBoot?: boolean;
  };
  machine?: { preferredMachineType?: string };
  annotations?: Record<string, string>;
  preferredSubdomain?: string;
  preferredTerminationGracePeriodSeconds?: number;
  requirements?: { cpu?: { guest: number }; memory?: { guest: string } };
}

export interface PreferredDevices {
  preferredDiskBus?: string;
  preferredDiskBlockSize?: object;
  preferredDiskCache?: string;
  preferredDiskIO?: string;
  preferredDiskDedicatedIoThread?: boolean;
  preferredCdromBus?: string;
  preferredLunBus?: string;
  preferredInterfaceModel?: string;
  preferredInterfaceMasquerade?: object;
  preferredInputBus?: string;
  preferredInputType?: string;
  preferredPanicDeviceModel?: string;
  preferredDisableHotplug?: boolean;
  preferredVideoType?: string;
  preferredSoundModel?: string;
  [field: string]: unknown;
}

/** The topologies that a preference may name; those with a prefix are the older way to write them. */
export const topologies = ["sockets", "cores", "threads", "spread", "any"] as const;

export type Topology = (typeof topologies)[number];

/** The topology that is preferred: sockets where nothing is said; undefined for one that is none. */
export function preferredTopology(preference: PreferenceSpec | undefined): Topology | undefined {
  const said = preference?.cpu?.preferredCPUTopology ?? "sockets";
  return topologies.find((one) => said === one || said.toLowerCase() === `prefer${one}`);
}

/** Over what vCPUs are spread, and in which ratio. */
export function spreadOptions(preference: PreferenceSpec): { across: string; ratio: number } {
  const { across = "SocketsCores", ratio } = preference.cpu?.spreadOptions ?? {};
  return { across, ratio: ratio ?? (preference.preferSpreadSocketToCoreRatio || 2) };
}
