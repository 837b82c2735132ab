import type { KubeObject } from "../../../kube/objects.ts";
import {
  preferredTopology,
  spreadOptions,
  type InstancetypeSpec,
  type PreferenceSpec,
} from "../../kubevirt/virtual-machine/instancetype-specs.ts";
import type { World } from "../../world.ts";
import { schemaProblems } from "../schema.ts";
import type { AdmissionRequest } from "./admit.ts";
import { call, denyFor, invalidCause } from "./webhook.ts";
import type { Cause, Webhook } from "./webhook.ts";

type Instancetype = KubeObject & { spec: InstancetypeSpec };
type Preference = KubeObject & { spec: PreferenceSpec };

/** New and changed instance types, of a namespace or of the cluster (pkg/instancetype/webhooks). */
export function admitInstancetype(plural: string, webhook: Webhook) {
  return (world: World, type: Instancetype): Instancetype => {
    call(world, webhook);
    denyFor(
      webhook,
      schemaProblems(plural, type).map((message) => ({ message })),
    );
    denyFor(webhook, overcommitCauses(type.spec.memory));
    return type;
  };
}

/** New and changed preferences, likewise (pkg/instancetype/preference/webhooks). */
export function admitPreference(plural: string, webhook: Webhook) {
  return (world: World, preference: Preference, { warnings }: AdmissionRequest): Preference => {
    call(world, webhook);
    denyFor(
      webhook,
      schemaProblems(plural, preference).map((message) => ({ message })),
    );
    denyFor(webhook, [...topologyCauses(preference.spec), ...spreadCauses(preference.spec)]);
    const topology = preferredTopology(preference.spec);
    const { preferredCPUTopology: written } = preference.spec.cpu ?? {};
    if (written !== undefined && written !== topology) {
      warnings.push(
        `PreferredCPUTopology ${written} is deprecated for removal in a future release, please use ${topology} instead`,
      );
    }
    return preference;
  };
}

function overcommitCauses({ overcommitPercent = 0, hugepages }: InstancetypeSpec["memory"]): Cause[] {
  const field = "spec.memory.overcommitPercent";
  const causes: Cause[] = [];
  if (overcommitPercent < 0 || overcommitPercent > 100) {
    causes.push(invalidCause(field, `${field} '${overcommitPercent}': must be in range between 0 and 100.`));
  }
  if (overcommitPercent !== 0 && hugepages !== undefined) {
    causes.push(invalidCause(field, `${field} and spec.memory.hugepages should not be requested together.`));
  }
  return causes;
}

function topologyCauses(spec: PreferenceSpec): Cause[] {
  if (preferredTopology(spec) !== undefined) return [];
  const message = `unknown preferredCPUTopology ${spec.cpu!.preferredCPUTopology}`;
  return [invalidCause("spec.cpu.preferredCPUTopology", message)];
}

function spreadCauses(spec: PreferenceSpec): Cause[] {
  if (preferredTopology(spec) !== "spread") return [];
  const { across, ratio } = spreadOptions(spec);
  if (!["CoresThreads", "SocketsCores", "SocketsCoresThreads"].includes(across)) {
    return [invalidCause("spec.cpu.spreadOptions.across", `across ${across} is not supported`)];
  }
  if (across !== "CoresThreads" || ratio === 2) return [];
  const message = "only a ratio of 2 (1 core 2 threads) is allowed when spreading vCPUs over cores and threads";
  return [invalidCause("spec.cpu.spreadOptions.ratio", message)];
}
