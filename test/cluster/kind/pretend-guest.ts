import type { VmiRef } from "../../../src/cluster/cluster.ts";
import type { KubeClient } from "../../../src/cluster/kube-client.ts";
import type { NodeShell } from "../../../src/cluster/node-shell.ts";
import { mustRunOn } from "../../../src/cluster/node-shell.ts";
import type { Resource } from "../../../src/kube/resources.ts";

export const vmi: VmiRef = { namespace: "vms", name: "web", uid: "uid-of-web" };

/** The pod's address, in a network of its own behind the node. */
export const podAddress = "10.244.9.2";

const container = "c0ffee0123456789";

/**
 * What a launcher's container is to hands: processes by a launcher's names, in the control group of their
 * container, in a network of its own with a server on ports 1500 and 1501. Beside it, a qemu of another container, and one of none.
 */
const begin = `
set -e
memory=/sys/fs/cgroup/memory
[ -d $memory ] || memory=/sys/fs/cgroup
group() { mkdir -p "$memory/kubelet/$1"; echo "$memory/kubelet/$1/cgroup.procs"; }
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/rest
  for pid in $(cat /sys/fs/cgroup/cgroup.procs); do echo "$pid" > /sys/fs/cgroup/rest/cgroup.procs 2>/dev/null || true; done
  echo +memory > /sys/fs/cgroup/cgroup.subtree_control
  mkdir -p /sys/fs/cgroup/kubelet/pod9; echo +memory > /sys/fs/cgroup/kubelet/cgroup.subtree_control
  echo +memory > /sys/fs/cgroup/kubelet/pod9/cgroup.subtree_control
fi
own=$(group pod9/${container}) other=$(group pod9/beefbeef)
rm -f /tmp/grow /tmp/events /tmp/virsh-asked
mkdir -p /var/run/kubevirt-private/uid-of-web; echo "login:" > /var/run/kubevirt-private/uid-of-web/virt-serial0-log
qemu() { ( echo 0 > "$1"; { head -c 33554432 /dev/zero; sleep 100000; } | qemu-system-x86_64 ) >/dev/null 2>&1 & }
qemu "$other"
mkdir -p /www; echo served > /www/index.html
ipv6='for each in default/accept_dad default/disable_ipv6; do echo 0 > /proc/sys/net/ipv6/conf/$each; done'
eval "$ipv6"
in_pod="$ipv6;"'echo 0 > "$0"; ip link set lo up; { head -c 33554432 /dev/zero; until [ -s /tmp/grow ]; do sleep 0.05; done; head -c "$(cat /tmp/grow)" /dev/zero; sleep 100000; } | qemu-system-x86_64 & virtqemud 100000 & virt-launcher 100000 &
  for port in 1500 1501; do httpd -f -p $port -h /www & done; wait'
unshare -n sh -c "$in_pod" "$own" </dev/null >/dev/null 2>&1 &
until pid=$(cat /proc/[0-9]*/comm | grep -c virt-launcher) && [ "$pid" -gt 0 ]; do sleep 0.05; done
for comm in /proc/[0-9]*/comm; do
  read -r name < "$comm" || continue
  if [ "$name" = virt-launcher ]; then pid=\${comm#/proc/}; pid=\${pid%/comm}; fi
done
ip link del pod9 2>/dev/null || true
ip link add pod9 type veth; ip link set veth0 netns "$pid"
ip addr add 10.244.9.1/24 dev pod9; ip -6 addr add fd99::1/64 dev pod9; ip link set pod9 up
nsenter -t "$pid" -n sh -c 'ip addr add ${podAddress}/24 dev veth0; ip -6 addr add fd99::2/64 dev veth0; ip link set veth0 up'
`;

const end = `
for group in /sys/fs/cgroup/memory/kubelet/pod9/* /sys/fs/cgroup/kubelet/pod9/*; do
  [ ! -e "$group/cgroup.procs" ] || kill -9 $(cat "$group/cgroup.procs") 2>/dev/null
done
for comm in $(grep -lE "^virt-handler$" /proc/[0-9]*/comm 2>/dev/null); do pid=\${comm#/proc/}; kill -9 "\${pid%/comm}"; done
ip link del pod9 2>/dev/null; true
`;

export async function beginGuest(shell: NodeShell, node: string): Promise<void> {
  await mustRunOn(shell, node, "the pretended launcher", begin);
}

export async function endGuest(shell: NodeShell, node: string): Promise<void> {
  await mustRunOn(shell, node, "the end of the pretended launcher", end);
}

/** An API server that knows that one launcher, those nodes, and what a kubelet says of its memory. */
export function pretendApi(
  node: string,
  others: { name: string; controlPlane?: boolean }[],
  kubelet: object,
): KubeClient {
  const pod = {
    metadata: { name: "virt-launcher-web-x", namespace: vmi.namespace, uid: "uid-of-pod" },
    spec: { nodeName: node, containers: [] },
    status: {
      containerStatuses: [
        {
          name: "compute",
          ready: true,
          restartCount: 0,
          containerID: `containerd://${container}`,
          state: { running: {} },
        },
      ],
    },
  };
  const ready = [{ type: "Ready", status: "True" }];
  const nodes = [{ name: node, controlPlane: false }, ...others].map(({ name, controlPlane }) => ({
    metadata: { name, labels: controlPlane ? { "node-role.kubernetes.io/control-plane": "" } : {} },
    status: { conditions: ready, capacity: { memory: "24Gi" } },
  }));
  const api = {
    list: ({ plural }: Resource) => Promise.resolve(plural === "nodes" ? nodes : [pod]),
    get: (_: Resource, name: string) => Promise.resolve(nodes.find(({ metadata }) => metadata.name === name) ?? null),
    read: (path: string) =>
      Promise.resolve(JSON.stringify((kubelet as Record<string, unknown>)[path.split("/proxy/")[1] ?? path] ?? {})),
  };
  return api as unknown as KubeClient;
}
