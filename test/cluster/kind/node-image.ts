import { execa } from "execa";
import { copyFile, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** A kind node without Kubernetes in it. */
export const nodeImage = "rebound-test/node:1";

/** Its first process: ends in order on the signal that kind's nodes end on (SIGRTMIN+3), and leaves a word of it. */
const init = `#!/bin/sh
echo "init begun" >> /boots
rm -f /shutting-down
trap 'touch /shutting-down; sleep 2; echo "in order" > /shut-down; exit 0' 37
for unit in kubelet containerd; do systemctl start $unit; done
echo "Reached target Multi-User System."
# A word of init outlives the wait for a sleeper.
while :; do sleep 3600 & wait $!; done
`;

/** Of systemctl what is used of it, over processes that only sleep. */
const systemctl = `#!/bin/sh
verb=$1 unit=$2 file=/run/$2.pid
alive() { [ -f "$file" ] && kill -0 "$(cat "$file")" 2>/dev/null; }
mkdir -p /run
case $verb in
  start) alive || { setsid sleep 100000 </dev/null >/dev/null 2>&1 & echo $! > "$file"; } ;;
  stop) if alive; then kill "$(cat "$file")"; while alive; do sleep 0.05; done; fi; rm -f "$file" ;;
  is-active) if alive; then echo active; else echo inactive; exit 3; fi ;;
  is-system-running) if [ -e /shutting-down ]; then echo stopping; else echo running; fi ;;
  *) echo "systemctl: no $verb here" >&2; exit 1 ;;
esac
`;

/** Of systemd-run what is used of it: a unit whose script is begun, and hears SIGTERM when it is stopped. */
const systemdRun = `#!/bin/sh
while :; do
  case $1 in --unit=*) unit=\${1#--unit=} ;; --*) ;; *) break ;; esac
  shift
done
setsid "$@" </dev/null >/dev/null 2>&1 &
echo $! > "/run/$unit.pid"
`;

/**
 * Of virsh what hands ask of it, as the real one answers. The machine obeys what is written to its registers: /tmp/events
 * gets the event, and qemu ends when its power register is written.
 */
const virsh = `#!/bin/sh
echo "$@" >> /tmp/virsh-asked
case $* in
  *qemu-monitor-event*) until [ -s /tmp/events ]; do sleep 0.05; done; cat /tmp/events ;;
  *"info mtree"*) printf '    0000000000000600-000000000000063f (prio 0, i/o): ich9-pm\\r\\n      0000000000000604-0000000000000605 (prio 0, i/o): acpi-cnt\\r\\n' ;;
  *"info qtree"*) cat /tmp/devices 2>/dev/null ;;
  *"info balloon"*) echo "balloon: actual=128" ;;
  *"o /h 0x604 0x2000"*) echo "event SHUTDOWN at 1 for domain vms_web" > /tmp/events ;;
  *"o /b 0xcf9 0x6"*) echo "event RESET at 1 for domain vms_web" > /tmp/events ;;
  *object_add*memory-backend-ram*) echo 67108864 > /tmp/grow; until [ ! -s /tmp/grow ]; do sleep 0.05; done ;;
  *"mce 0 1 "*) cat /tmp/panic >> /var/run/kubevirt-private/uid-of-web/virt-serial0-log 2>/dev/null ;;
  *"balloon 1"*) cat /tmp/oom >> /var/run/kubevirt-private/uid-of-web/virt-serial0-log 2>/dev/null ;;
esac
`;

/** As much of kubeadm as `kind create cluster` looks at. */
const kubeadm = `#!/bin/sh
[ ! -e /kubeadm-fails ] || { echo "error execution phase kubeadm" >&2; exit 1; }
mkdir -p /etc/kubernetes
cat > /etc/kubernetes/admin.conf <<END
apiVersion: v1
kind: Config
clusters: [{ name: kind, cluster: { server: "https://$(hostname):6443" } }]
users: [{ name: admin, user: {} }]
contexts: [{ name: admin, context: { cluster: kind, user: admin } }]
current-context: admin
END
`;

const dockerfile = `FROM scratch
COPY rootfs/ /
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN ["/bin/busybox", "chmod", "755", "/init", "/usr/local/bin/systemctl", "/usr/local/bin/systemd-run", "/usr/local/bin/virsh", "/usr/local/bin/kubeadm", "/usr/local/bin/kubectl"]
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/init"]
`;

/** Builds the image from this machine's own busybox (statically linked) and iptables: no registry is asked. */
export async function buildNodeImage(name = nodeImage): Promise<void> {
  const { GenericContainer } = await import("testcontainers");
  const context = await mkdtemp(join(tmpdir(), "rebound-node-"));
  try {
    const rootfs = join(context, "rootfs");
    const files = {
      init,
      "usr/local/bin/systemctl": systemctl,
      "usr/local/bin/systemd-run": systemdRun,
      "usr/local/bin/virsh": virsh,
      "usr/local/bin/kubeadm": kubeadm,
      "usr/local/bin/kubectl": "#!/bin/sh\nexec true\n",
      "kind/version": "v1.36.2\n",
      "kind/manifests/default-cni.yaml": "{}\n",
      "kind/manifests/default-storage.yaml": "{}\n",
    };
    for (const [path, text] of Object.entries(files)) await put(join(rootfs, path), (to) => writeFile(to, text));
    await copyWithLibraries("/bin/busybox", rootfs, "/bin/busybox");
    await copyIptables(rootfs);
    await copyWithLibraries("/usr/bin/flock", rootfs, "/usr/bin/flock");
    // Processes that the kernel calls what it calls a launcher's: one that sleeps, and one that holds what it is given.
    for (const name of ["virt-launcher", "virtqemud", "virt-handler"])
      await copyWithLibraries("/bin/sleep", rootfs, `/usr/bin/${name}`);
    await copyWithLibraries("/usr/bin/tail", rootfs, "/usr/bin/qemu-system-x86_64");
    await writeFile(join(context, "Dockerfile"), dockerfile);
    await GenericContainer.fromDockerfile(context).build(name, { deleteOnExit: false });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function copyIptables(rootfs: string): Promise<void> {
  for (const tool of ["iptables", "ip6tables", "ebtables"]) {
    await copyWithLibraries(await realpath(`/usr/sbin/${tool}`), rootfs, `/usr/sbin/${tool}`);
  }
  const { stdout: library } = await execa("sh", ["-c", "ls -d /usr/lib/*/xtables"]);
  await execa("cp", ["-r", "--parents", library, rootfs]);
}

async function copyWithLibraries(program: string, rootfs: string, as: string): Promise<void> {
  await put(join(rootfs, as), (to) => copyFile(program, to));
  const { stdout } = await execa("ldd", [program], { reject: false });
  for (const [library] of stdout.matchAll(/\/[^ ]+\.so[^ ]*/g)) {
    await put(join(rootfs, dirname(library), basename(library)), (to) => copyFile(library, to));
  }
}

async function put(to: string, write: (to: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await write(to);
}
