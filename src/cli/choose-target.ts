import { z } from "zod";
import { UsageError } from "../errors.ts";
import { parseLabelSelector } from "../kube/selector.ts";
import type { Target } from "../workload/live-variants.ts";
import type { ClusterOptions } from "./choose-cluster.ts";
import { word } from "./options.ts";

/** What of the command line `chooseTarget` reads; a part of a command's own schema. */
export const targetShape = {
  target: z
    .array(word.regex(/^[a-z0-9.-]+\/[a-z0-9.-]+$/, "must be namespace/name of a VM, as in shop/web"))
    .default([]),
  selector: word.optional(),
  namespace: word.optional(),
};

export type TargetOptions = z.infer<z.ZodObject<typeof targetShape>>;

/** Which running VMs the options mean; null where they mean none. @throws UsageError where they contradict each other */
export function chooseTarget(options: TargetOptions & Pick<ClusterOptions, "cluster">): Target | null {
  const { target, selector, namespace, cluster } = options;
  if (target.length === 0 && selector === undefined) {
    if (namespace !== undefined) throw new UsageError("--namespace says where --selector looks; add --selector");
    return null;
  }
  if (cluster === "simulated")
    throw new UsageError(
      "no VMs run on a simulated cluster yet; --target and --selector need --cluster kind or existing",
    );
  if (selector !== undefined) {
    if (target.length > 0) throw new UsageError("--target and --selector exclude each other");
    if (namespace === undefined) throw new UsageError("--selector needs --namespace");
    checkSelector(selector);
    return { namespace, names: [], selector };
  }
  const [first = "", ...others] = [...new Set(target.map((each) => each.split("/")[0]!))];
  if (others.length > 0 || (namespace !== undefined && namespace !== first)) {
    throw new UsageError("every --target must be in one namespace; run the others by themselves");
  }
  return { namespace: first, names: [...new Set(target.map((each) => each.split("/")[1]!))], selector: null };
}

/** The options as they are typed to mean the same VMs again. */
export function targetWords({ target, selector, namespace }: TargetOptions): string[] {
  if (selector !== undefined) return ["--selector", selector, "--namespace", namespace!];
  return target.flatMap((each) => ["--target", each]);
}

function checkSelector(text: string): void {
  try {
    parseLabelSelector(text);
  } catch (error) {
    throw new UsageError(`--selector ${text} cannot be read`, { cause: error });
  }
}
