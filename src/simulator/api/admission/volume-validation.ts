import type { VmiSpec } from "../../../kube/objects.ts";
import { invalidCause } from "./webhook.ts";
import type { Cause } from "./webhook.ts";

type Volume = NonNullable<VmiSpec["volumes"]>[number];

const sources = [
  "persistentVolumeClaim",
  "sysprep",
  "cloudInitNoCloud",
  "cloudInitConfigDrive",
  "containerDisk",
  "ephemeral",
  "emptyDisk",
  "hostDisk",
  "dataVolume",
  "configMap",
  "secret",
  "downwardAPI",
  "serviceAccount",
  "downwardMetrics",
  "memoryDump",
  "containerPath",
];
/** Bytes of user data, and of network data, that fit into a specification. */
const cloudInitMost = 2048;

/** What is wrong with an instance's volumes (vmi-create-admitter.go: validateVolumes). */
export function volumeCauses(field: string, volumes: readonly Volume[]): Cause[] {
  const causes: Cause[] = [];
  volumes.forEach((volume, index) => {
    const at = `${field}[${index}]`;
    const first = volumes.findIndex(({ name }) => name === volume.name);
    if (first < index) {
      causes.push(invalidCause(`${at}.name`, `${at} and ${field}[${first}] must not have the same Name.`));
    }
    if (sources.filter((source) => volume[source] !== undefined).length !== 1) {
      causes.push(invalidCause(at, `${at} must have exactly one source type set`));
    }
    for (const source of ["cloudInitNoCloud", "cloudInitConfigDrive"]) {
      const cloudInit = volume[source] as CloudInit | undefined;
      if (cloudInit !== undefined) causes.push(...cloudInitCauses(`${at}.${source}`, cloudInit));
    }
    if (volume["hostDisk"] !== undefined) causes.push(invalidCause(at, "HostDisk feature gate is not enabled"));
    for (const [source, key] of named) {
      const reference = volume[source] as Record<string, string> | undefined;
      if (reference !== undefined && !reference[key]) {
        causes.push(invalidCause(`${at}.${source}.${key}`, `${at}.${source}.${key} is a required field`));
      }
    }
  });
  return causes;
}

const named = [
  ["configMap", "name"],
  ["secret", "secretName"],
  ["serviceAccount", "serviceAccountName"],
] as const;

interface CloudInit {
  userData?: string;
  userDataBase64?: string;
  secretRef?: { name?: string };
  networkData?: string;
  networkDataBase64?: string;
  networkDataSecretRef?: { name?: string };
}

function cloudInitCauses(at: string, cloudInit: CloudInit): Cause[] {
  const user = [cloudInit.secretRef?.name, cloudInit.userDataBase64, cloudInit.userData].filter(Boolean);
  const network = [cloudInit.networkDataSecretRef?.name, cloudInit.networkDataBase64, cloudInit.networkData].filter(
    Boolean,
  );
  const causes: Cause[] = [];
  if (user.length > 1) causes.push(invalidCause(at, `${at} must have only one userdatasource set.`));
  if (sizeOf(cloudInit.userData, cloudInit.userDataBase64) > cloudInitMost) {
    causes.push(
      invalidCause(
        at,
        `${at} userdata exceeds ${cloudInitMost} byte limit. Should use UserDataSecretRef for larger data.`,
      ),
    );
  }
  if (network.length > 1) causes.push(invalidCause(at, `${at} must have only one networkdata source set.`));
  if (sizeOf(cloudInit.networkData, cloudInit.networkDataBase64) > cloudInitMost) {
    causes.push(
      invalidCause(
        at,
        `${at} networkdata exceeds ${cloudInitMost} byte limit. Should use NetworkDataSecretRef for larger data.`,
      ),
    );
  }
  if (user.length === 0 && network.length === 0) {
    causes.push(invalidCause(at, `${at} must have at least one userdatasource or one networkdatasource set.`));
  }
  return causes;
}

function sizeOf(text = "", base64 = ""): number {
  return text !== "" ? Buffer.byteLength(text) : Buffer.from(base64, "base64").length;
}
