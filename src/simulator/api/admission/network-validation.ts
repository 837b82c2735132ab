import type { VmiSpec } from "../../../kube/objects.ts";
import { devicesOf, networksOf } from "./instance-spec.ts";
import type { Interface, Network } from "./instance-spec.ts";
import type { Cause } from "./webhook.ts";

const models = ["e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", "virtio"];

/** What is wrong with an instance's networks and interfaces (pkg/network/admitter), in the order it is found there. */
export function networkCauses(at: string, spec: VmiSpec): Cause[] {
  const networks = networksOf(spec);
  const interfaces = devicesOf(spec).interfaces ?? [];
  const interfaceAt = (index: number) => `${at}.domain.devices.interfaces[${index}]`;
  return [
    ...singlePodNetwork(at, networks),
    ...networks.flatMap((network, index) => sourceCauses(`${at}.networks[${index}]`, network)),
    ...interfaces.flatMap((found, index) => bindingCauses(interfaceAt(index), found, networks)),
    ...duplicates(networks).map((index) => ({
      reason: "FieldValueDuplicate",
      message: `Network with name "${networks[index]!.name}" already exists, every network must have a unique name`,
      field: `${at}.networks[${index}].name`,
    })),
    ...without(networks, interfaces).map((index) =>
      notFound("FieldValueRequired", `${at}.networks[${index}].name`, networks[index]!),
    ),
    ...duplicates(interfaces).map((index) => ({
      reason: "FieldValueDuplicate",
      message: "Only one interface can be connected to one specific network",
      field: `${interfaceAt(index)}.name`,
    })),
    ...without(interfaces, networks).map((index) =>
      notFound("FieldValueInvalid", `${interfaceAt(index)}.name`, interfaces[index]!),
    ),
    ...interfaces.flatMap((found, index) => fieldCauses(interfaceAt(index), found)),
  ];
}

function singlePodNetwork(at: string, networks: readonly Network[]): Cause[] {
  const pod = networks.filter((network) => network.pod !== undefined);
  const multusDefaults = networks.filter(({ multus }) => multus?.default === true);
  const causes: Cause[] = [];
  if (pod.length > 1) {
    const message = `more than one interface is connected to a pod network in ${at}.interfaces`;
    causes.push({ reason: "FieldValueDuplicate", message, field: `${at}.interfaces` });
  }
  if (multusDefaults.length > 1) causes.push(onNetworks(at, "Multus CNI should only have one default network"));
  if (pod.length > 0 && multusDefaults.length > 0) {
    causes.push(onNetworks(at, "Pod network cannot be defined when Multus default network is defined"));
  }
  return causes;
}

function onNetworks(at: string, message: string): Cause {
  return { reason: "FieldValueInvalid", message, field: `${at}.networks` };
}

function sourceCauses(field: string, { pod, multus, ...other }: Network): Cause[] {
  const required = (message: string): Cause => ({ reason: "FieldValueRequired", message, field });
  const sources = [pod, multus, other["resourceClaim"]].filter((source) => source !== undefined);
  if (sources.length === 0) return [required("should have a network type")];
  if (sources.length > 1) return [required("should have only one network type")];
  return multus !== undefined && !multus.networkName ? [required("CNI delegating plugin must have a networkName")] : [];
}

function bindingCauses(field: string, found: Interface, networks: readonly Network[]): Cause[] {
  const { name, bridge, masquerade, sriov, passtBinding, binding } = found;
  const causes: Cause[] = [];
  const bindings = [bridge, masquerade, sriov, passtBinding, binding].filter((set) => set !== undefined);
  if (bindings.length !== 1) {
    const message = `logical ${name} interface must have exactly one binding method or binding plugin`;
    causes.push({ reason: "FieldValueInvalid", message, field });
  }
  const network = networks.find((candidate) => candidate.name === name);
  if (masquerade !== undefined && network?.pod === undefined) {
    const message = "Masquerade interface only implemented with pod network";
    causes.push({ reason: "FieldValueInvalid", message, field: `${field}.name` });
  }
  return causes;
}

function fieldCauses(field: string, { name, model, ports = [] }: Interface): Cause[] {
  const causes: Cause[] = [];
  if (!/^[\w-]+$/.test(name)) {
    const message =
      "Network interface name can only contain alphabetical characters, numbers, dashes (-) or underscores (_)";
    causes.push({ reason: "FieldValueInvalid", message, field: `${field}.name` });
  }
  if (model && !models.includes(model)) {
    const message = `interface ${field}.name uses model ${model} that is not supported.`;
    causes.push({ reason: "FieldValueNotSupported", message, field: `${field}.model` });
  }
  ports.forEach(({ port, protocol }, index) => {
    const at = `${field}.ports[${index}]`;
    if (port < 0 || port >= 65536) {
      const message = "Port field must be in range 0 < x < 65536.";
      causes.push({ reason: "FieldValueInvalid", message, field: `${at}.port` });
    }
    if (protocol && protocol !== "TCP" && protocol !== "UDP") {
      const message = "Unknown protocol, only TCP or UDP allowed";
      causes.push({ reason: "FieldValueInvalid", message, field: `${at}.protocol` });
    }
  });
  return causes;
}

function duplicates(named: readonly { name: string }[]): number[] {
  return [...named.keys()].filter((index) => named.findIndex(({ name }) => name === named[index]!.name) < index);
}

/** Where in `named` stand those without a namesake in `others`. */
function without(named: readonly { name: string }[], others: readonly { name: string }[]): number[] {
  return [...named.keys()].filter((index) => !others.some(({ name }) => name === named[index]!.name));
}

function notFound(reason: string, field: string, { name }: { name: string }): Cause {
  return { reason, message: `${field} '${name}' not found.`, field };
}
