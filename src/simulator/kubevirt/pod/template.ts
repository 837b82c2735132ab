import type { Affinity, Container, Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import type { NewObject } from "../create.ts";
import { annotations, images, labels, unpausedCondition } from "../names.ts";
import { copyProbe } from "./probes.ts";
import { computeResources, memoryOverheadBytes, qosClassOf } from "./resources.ts";
import { launcherVolumes, mountsOf, sidecars } from "./volumes.ts";

/**
 * The launcher pod of a VMI, as virt-controller makes it (services/template.go: renderLaunchManifest).
 * @param migration UID of the migration that it is made for.
 */
export function launcherPod(world: World, vmi: VirtualMachineInstance, migration?: string): NewObject<Pod> {
  const { settings } = world;
  const { name, uid } = vmi.metadata;
  const { spec } = vmi;
  const graceSeconds = spec.terminationGracePeriodSeconds ?? settings.vmiGracePeriodSeconds;
  const launcherGraceSeconds = graceSeconds + settings.launcherGraceExtraSeconds;
  const hostname = ((spec["hostname"] as string | undefined) ?? name).slice(0, 63);
  const containers = [computeContainer(world, vmi, launcherGraceSeconds, migration ?? uid)];
  const initContainers = sidecars(vmi, migration !== undefined);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `virt-launcher-${name}-`,
      ...(vmi.metadata.namespace !== undefined && { namespace: vmi.metadata.namespace }),
      labels: {
        ...vmi.metadata.labels,
        [labels.app]: "virt-launcher",
        [labels.createdBy]: uid,
        [labels.vmName]: hostname,
        [labels.vmiId]: name,
      },
      annotations: podAnnotations(vmi),
      ownerReferences: [
        {
          apiVersion: vmi.apiVersion,
          blockOwnerDeletion: true,
          controller: true,
          kind: "VirtualMachineInstance",
          name,
          uid,
        },
      ],
    },
    spec: {
      volumes: launcherVolumes(vmi, migration !== undefined),
      initContainers,
      containers,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: launcherGraceSeconds + settings.launcherGraceExtraSeconds,
      nodeSelector: nodeSelector(vmi),
      automountServiceAccountToken: false,
      securityContext: { fsGroup: 107, runAsGroup: 107, runAsNonRoot: true, runAsUser: 107 },
      hostname,
      affinity: affinity(vmi),
      schedulerName: (spec["schedulerName"] as string | undefined) ?? "default-scheduler",
      ...(spec.tolerations !== undefined && { tolerations: structuredClone(spec.tolerations) }),
      ...(spec["priorityClassName"] !== undefined && { priorityClassName: spec["priorityClassName"] }),
      ...(spec["topologySpreadConstraints"] !== undefined && {
        topologySpreadConstraints: spec["topologySpreadConstraints"],
      }),
      readinessGates: [{ conditionType: unpausedCondition }],
      enableServiceLinks: false,
    },
    status: { phase: "Pending", qosClass: qosClassOf([...containers, ...initContainers]) },
  };
}

function computeContainer(
  world: World,
  vmi: VirtualMachineInstance,
  launcherGraceSeconds: number,
  incarnation: string,
): Container {
  const { settings, random } = world;
  const { uid, name, namespace } = vmi.metadata;
  const { livenessProbe, readinessProbe } = vmi.spec;
  const jitterSeconds = Math.floor(random.between(0, settings.qemuTimeoutJitterSeconds, incarnation, "qemu timeout"));
  return {
    name: "compute",
    image: images.launcher,
    command: [
      "/usr/bin/virt-launcher-monitor",
      "--qemu-timeout",
      `${settings.qemuTimeoutSeconds + jitterSeconds}s`,
      "--name",
      name,
      "--uid",
      uid,
      "--namespace",
      namespace ?? "default",
      "--kubevirt-share-dir",
      "/var/run/kubevirt",
      "--ephemeral-disk-dir",
      "/var/run/kubevirt-ephemeral-disks",
      "--container-disk-dir",
      "/var/run/kubevirt/container-disks",
      "--grace-period-seconds",
      String(launcherGraceSeconds),
      "--hook-sidecars",
      "0",
      "--hypervisor",
      "kvm",
      "--run-as-nonroot",
      "--image-volume",
    ],
    resources: computeResources(vmi, settings),
    volumeMounts: mountsOf(vmi),
    imagePullPolicy: "IfNotPresent",
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
      runAsGroup: 107,
      runAsNonRoot: true,
      runAsUser: 107,
    },
    ...(livenessProbe && { livenessProbe: copyProbe(vmi, livenessProbe, settings.probeStartupDelaySeconds) }),
    ...(readinessProbe && { readinessProbe: copyProbe(vmi, readinessProbe, settings.probeStartupDelaySeconds) }),
  };
}

/** Annotations that stay with the VMI. */
const own: readonly string[] = [
  "kubectl.kubernetes.io/last-applied-configuration",
  annotations.latestObservedApiVersion,
  annotations.storageObservedApiVersion,
];

function podAnnotations(vmi: VirtualMachineInstance): Record<string, string> {
  const { name, namespace = "default" } = vmi.metadata;
  const inherited = Object.entries(vmi.metadata.annotations ?? {}).filter(([key]) => !own.includes(key));
  const freezer = (verb: string): string =>
    JSON.stringify(["/usr/bin/virt-freezer", `--${verb}`, "--name", name, "--namespace", namespace]);
  const multus = (vmi.spec.networks ?? []).flatMap((network) => {
    const named = (network["multus"] as { networkName?: string } | undefined)?.networkName;
    if (named === undefined) return [];
    const [first, second] = named.split("/") as [string, string?];
    return [second === undefined ? { name: first, namespace } : { name: second, namespace: first }];
  });
  return {
    ...Object.fromEntries(inherited),
    "descheduler.alpha.kubernetes.io/request-evict-only": "",
    ...(multus.length > 0 && { "k8s.v1.cni.cncf.io/networks": JSON.stringify(multus) }),
    "kubectl.kubernetes.io/default-container": "compute",
    [annotations.domain]: name,
    [annotations.memoryOverhead]: String(memoryOverheadBytes(vmi)),
    "kubevirt.io/migrationTransportUnix": "true",
    "post.hook.backup.velero.io/command": freezer("unfreeze"),
    "post.hook.backup.velero.io/container": "compute",
    "pre.hook.backup.velero.io/command": freezer("freeze"),
    "pre.hook.backup.velero.io/container": "compute",
    "pre.hook.backup.velero.io/timeout": "60s",
  };
}

function nodeSelector(vmi: VirtualMachineInstance): Record<string, string> {
  const { cpu, machine } = vmi.spec.domain as {
    cpu?: { model?: string; features?: { name: string; policy?: string }[] };
    machine?: { type?: string };
  };
  const selector: Record<string, string> = {
    ...vmi.spec.nodeSelector,
    "kubernetes.io/arch": (vmi.spec["architecture"] as string | undefined) ?? "amd64",
    [labels.schedulable]: "true",
  };
  if (machine?.type) selector[`machine-type.node.kubevirt.io/${machine.type}`] = "true";
  if (cpu?.model && cpu.model !== "host-model" && cpu.model !== "host-passthrough") {
    selector[`cpu-model.node.kubevirt.io/${cpu.model}`] = "true";
  }
  for (const { name, policy } of cpu?.features ?? []) {
    if (policy === undefined || policy === "require") selector[`cpu-feature.node.kubevirt.io/${name}`] = "true";
  }
  for (const capability of capabilities(vmi)) selector[`kubevirt.io/${capability}`] = "true";
  return selector;
}

/** What of its node's hardware it asks for, by the labels that virt-handler gives (services/nodeselectorrenderer.go). */
function capabilities({ spec }: VirtualMachineInstance): string[] {
  const { launchSecurity, cpu } = spec.domain as {
    launchSecurity?: { sev?: { policy?: { encryptedState?: boolean } }; snp?: object; tdx?: object };
    cpu?: { realtime?: object };
  };
  const { sev, snp, tdx } = launchSecurity ?? {};
  return [
    ...(cpu?.realtime !== undefined ? ["realtime"] : []),
    ...(sev !== undefined || snp !== undefined ? ["sev"] : []),
    ...(sev?.policy?.encryptedState === true ? ["sev-es"] : []),
    ...(snp !== undefined ? ["sev-snp"] : []),
    ...(tdx !== undefined ? ["tdx"] : []),
    ...(launchSecurity !== undefined && spec["architecture"] === "s390x" ? ["s390-pv"] : []),
  ];
}

/** The VMI's own affinity, and no node whose CPU has become too old a model for `host-model`. */
function affinity(vmi: VirtualMachineInstance): Affinity {
  const fresh = { key: "node-labeller.kubevirt.io/obsolete-host-model", operator: "DoesNotExist" };
  const given: Affinity = structuredClone(vmi.spec.affinity ?? {});
  if ((vmi.spec.domain.cpu?.model ?? "host-model") !== "host-model") return given;
  const required = given.nodeAffinity?.["requiredDuringSchedulingIgnoredDuringExecution"] as
    { nodeSelectorTerms?: { matchExpressions?: object[] }[] } | undefined;
  const terms = required?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = terms.map((term) => ({
    ...term,
    matchExpressions: [...(term.matchExpressions ?? []), fresh],
  }));
  given.nodeAffinity = {
    ...given.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  return given;
}
