import type { Plan } from "../experiment/plan.ts";

/** What stands in a journal where a secret stood. */
const redacted = "(redacted)";

/** Fields whose whole value is secret, wherever they are: cloud-init, credentials of guests, headers of imports. */
const secretFields = new Set([
  "userData",
  "userDataBase64",
  "networkData",
  "networkDataBase64",
  "accessCredentials",
  "extraHeaders",
  "token",
  "password",
  "passphrase",
  "privateKey",
]);

/** Annotations that repeat a whole manifest or carry a guest's first configuration. */
const secretAnnotations = new Set(["kubectl.kubernetes.io/last-applied-configuration", "kubevirt.io/ignitiondata"]);

/** Kinds that hold nothing but what others keep out of their manifests; ConfigMaps hold sysprep answers. */
const secretKinds = new Set(["Secret", "ConfigMap"]);
const payloadFields = new Set(["data", "stringData", "binaryData"]);

/** Environment variables that are secret by their name, or hold a whole VMI (virt-launcher's STANDALONE_VMI). */
const secretVariable = /token|passw|secret|credential|private|api_?key|STANDALONE_VMI/i;

/**
 * A copy without what must not leave the cluster, each secret replaced by a marker; `managedFields` and the images
 * of nodes, which are only bulk, are left out.
 */
export function redactObject<T extends { kind?: string }>(object: T): T {
  return copy(object, object.kind ?? "", "") as T;
}

/** The plan as a journal may hold it: its manifests redacted. */
export function redactPlan(plan: Plan): Plan {
  return {
    ...plan,
    variants: plan.variants.map((variant) => ({
      ...variant,
      manifests: variant.manifests.map((manifest) => redactObject(manifest)),
    })),
  };
}

/** `"userData":"…"` as JSON has it, and as JSON within JSON does. */
const secretInText = new RegExp(`(\\\\*")(${[...secretFields].join("|")})\\1(\\s*:\\s*)\\1.*?(?:(?<!\\\\)\\1|$)`, "g");

/** A line of a log without the secrets that it repeats of manifests. */
export function redactText(text: string): string {
  return text.replaceAll(secretInText, `$1$2$1$3$1${redacted}$1`);
}

function copy(value: unknown, kind: string, within: string): unknown {
  if (Array.isArray(value)) return value.map((member) => copy(member, kind, within));
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [field, member] of Object.entries(value)) {
    if (field === "managedFields" || (kind === "Node" && within === "status" && field === "images")) continue;
    result[field] = isSecret(field, member, kind, within) ? mark(member) : copy(member, kind, field);
  }
  if (within === "env" && secretVariable.test(String(result["name"])) && "value" in result) result["value"] = redacted;
  return result;
}

function isSecret(field: string, value: unknown, kind: string, within: string): boolean {
  if (value === null || value === undefined) return false;
  if (within === "annotations") return secretAnnotations.has(field);
  // A label or a port may be called like a secret; a label's value is public.
  if (within === "labels" || within === "matchLabels") return false;
  if (within === "" && secretKinds.has(kind) && payloadFields.has(field)) return true;
  return secretFields.has(field) && typeof value !== "boolean" && typeof value !== "number";
}

/** Keys stay, so that a reader sees which secrets there were; all their values go. */
function mark(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return redacted;
  return Object.fromEntries(Object.keys(value).map((key) => [key, redacted]));
}
