/** A client's request, as HTTP has it; `path` includes the query. */
export interface ApiRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** The answer: a body, or for a watch a stream of lines. */
export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string | ApiStream;
}

/** A watch's answer: each line is one JSON event, newline included. */
export interface ApiStream {
  /** Takes the lines from now on; those before are handed over at once. `end` comes once, when the server closes. */
  read(line: (text: string) => void, end: () => void): void;
  /** The client went away. */
  close(): void;
}

/** How it went when something was done to the simulated hardware: what became of it, for an evidence line. */
export interface Act {
  evidence: string;
}

/** A part of the control plane, Kubernetes' or KubeVirt's; virt-handler is one on every worker. */
export type ComponentName =
  "kube-apiserver" | "kube-scheduler" | "kube-controller-manager" | "virt-controller" | "virt-api" | "virt-handler";

/** Hands on the simulated hardware and guests, in the words of physics. They throw an Error when it cannot be done. */
export interface Hands {
  powerOff(node: string): Act;
  powerOn(node: string): Act;
  /** The operating system shuts down in order; the kubelet has no graceful shutdown unless configured. */
  shutDown(node: string): Act;
  freeze(node: string): Act;
  thaw(node: string): Act;
  disconnect(node: string): Act;
  connect(node: string): Act;
  stopKubelet(node: string): Act;
  startKubelet(node: string): Act;
  /** The container runtime: without it containers go on, and nobody starts, ends or sees any. */
  stopRuntime(node: string): Act;
  startRuntime(node: string): Act;
  /**
   * A process outside of all containers, which the kernel leaves alone, takes memory until that many bytes are left;
   * where that is less than none, the kernel kills others for it.
   */
  fillMemory(node: string, leftBytes: number): Act;
  releaseMemory(node: string): Act;
  /** Kills the component's processes, with `node` only those there; they are started anew. */
  killComponent(component: ComponentName, node?: string): Act;
  /** Keeps the component from doing anything, with `node` only there (virt-handler), until it is started again. */
  stopComponent(component: ComponentName, node?: string): Act;
  startComponent(component: ComponentName, node?: string): Act;
  /** Lets nobody in the cluster reach the API server; clients from outside go on as ever. */
  cutApi(): Act;
  /** Makes everybody in the cluster wait that much longer for the API server, in milliseconds. */
  slowApi(delayMs: number): Act;
  /** Lets everybody reach the API server again, as fast as ever. */
  restoreApi(): Act;
  /** With `node` the one there: of a VMI that is being migrated there are two. */
  killQemu(vmiUid: string, node?: string): Act;
  killLauncher(vmiUid: string, node?: string): Act;
  /** libvirt's daemon, which virt-launcher starts again. */
  killLibvirt(vmiUid: string, node?: string): Act;
  panicGuest(vmiUid: string): Act;
  powerOffGuest(vmiUid: string): Act;
  rebootGuest(vmiUid: string): Act;
  hangGuest(vmiUid: string): Act;
  /** The guest runs out of memory, and its own kernel kills what serves in it. */
  exhaustGuest(vmiUid: string): Act;
  oomKill(vmiUid: string): Act;
  closePort(vmiUid: string, port: number): Act;
  openPort(vmiUid: string, port: number): Act;
}

/** What a guest answers on its data port to someone off its node: null when it does not. */
export interface GuestAnswer {
  vmiUid: string;
  name: string;
  namespace: string;
  bootId: string | null;
}
