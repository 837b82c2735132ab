import type { Probe, VirtualMachineInstance } from "../../../kube/objects.ts";

/** A VMI's probe as its compute container carries it, with the API server's defaults (services/rendercontainer.go: copyProbe). */
export function copyProbe(vmi: VirtualMachineInstance, probe: Probe, startupDelaySeconds: number): Probe {
  const timeoutSeconds = probe.timeoutSeconds ?? 1;
  const copy: Probe = {
    failureThreshold: probe.failureThreshold ?? 3,
    initialDelaySeconds: (probe.initialDelaySeconds ?? 0) + startupDelaySeconds,
    periodSeconds: probe.periodSeconds ?? 10,
    successThreshold: probe.successThreshold ?? 1,
    timeoutSeconds,
  };
  if (probe.tcpSocket !== undefined) return { ...copy, tcpSocket: probe.tcpSocket };
  if (probe.httpGet !== undefined) return { ...copy, httpGet: probe.httpGet };
  const { namespace, name } = vmi.metadata;
  const wrapper = ["virt-probe", "--domainName", `${namespace}_${name}`, "--timeoutSeconds", String(timeoutSeconds)];
  const [command, ...args] = probe.exec?.command ?? [];
  const command_ =
    command === undefined ? [...wrapper, "--guestAgentPing"] : [...wrapper, "--command", command, "--", ...args];
  return { ...copy, timeoutSeconds: timeoutSeconds + 1, exec: { command: command_ } };
}
