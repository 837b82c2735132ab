/** The port on which the default guest tells who it is; no probe uses it. */
const answerPort = 1501;

/** The port that the default guest serves for probes and users. */
export const servicePort = 1500;

/** What the guest's own script is to do beside serving. */
export interface ScriptOptions {
  /** Seconds from its start until it serves. */
  bootSeconds: number;
  obeysAcpi: boolean;
  agent: boolean;
  /** Whether it feeds a watchdog device. */
  watchdog: boolean;
  /** The volume that its marker is on: that of a device, as its first bytes; else the one that it boots from, as a file. */
  markerOn: { volume: string; device?: string };
}

/**
 * User data for cloud-init: a shell script, for any guest with busybox. It answers on both ports with the boot id and,
 * on a second line, the marker: `<volume>/<id>`, written where none was. cloud-init runs it at the first boot alone, so
 * it sees to it that it is run at each. Where root is no disk, nothing that is written there outlasts the boot, and no
 * marker is told.
 */
export function guestScript({ bootSeconds, obeysAcpi, agent, watchdog, markerOn }: ScriptOptions): string {
  return [
    "#!/bin/sh",
    "mkdir /run/rebound 2>/dev/null || exit 0",
    again,
    ...(bootSeconds > 0 ? [`sleep ${bootSeconds}`] : []),
    ...(obeysAcpi ? [] : ["rc-service acpid stop"]),
    `rc-service qemu-guest-agent ${agent ? "start" : "stop"}`,
    ...(watchdog ? ["watchdog -t 10 -T 30 /dev/watchdog"] : []),
    markerOn.device === undefined ? markerInRoot(markerOn.volume) : markerOnDevice(markerOn.volume, markerOn.device),
    serve,
    "",
  ].join("\n");
}

/** OpenRC's `local` and sysvinit's runlevel 3 run what they find; others run user data at each boot, or never again. */
const again = `own=/usr/local/sbin/rebound-guest
if [ ! -e $own ]; then
  mkdir -p /usr/local/sbin && cp "$0" $own && chmod 755 $own
  if [ -d /etc/local.d ]; then
    ln -sf $own /etc/local.d/rebound.start
    rc-update add local default
  elif [ -d /etc/rc3.d ]; then
    ln -sf $own /etc/rc3.d/S90-rebound
  fi
fi`;

const fresh = "/proc/sys/kernel/random/uuid";

function markerInRoot(volume: string): string {
  return `marker=
if grep -q '^/dev/[^ ]* / ' /proc/mounts; then
  [ -s /var/lib/rebound-marker ] || { cat ${fresh} > /var/lib/rebound-marker; sync; }
  marker=${volume}/$(cat /var/lib/rebound-marker)
fi`;
}

/** The first bytes of a disk are no part of a file system. */
function markerOnDevice(volume: string, device: string): string {
  return `read_marker() { dd if=${device} bs=36 count=1 2>/dev/null | tr -cd '0-9a-f-'; }
[ "$(read_marker | wc -c)" -eq 36 ] || { head -c 36 ${fresh} | dd of=${device} conv=notrunc 2>/dev/null; sync; }
marker=${volume}/$(read_marker)`;
}

/** A line of its own for each answer: no other program than the shell is run for it. */
const serve = `answer=/run/rebound/answer
page="HTTP/1.0 200 OK\\r\\nContent-Type: text/plain\\r\\n\\r\\n$(cat /proc/sys/kernel/random/boot_id)\\n$marker\\n"
printf '%s\\n' '#!/bin/sh' "printf '$page'" > $answer
chmod 755 $answer
for port in ${servicePort} ${answerPort}; do
  while true; do nc -lk -p $port -e $answer 2>/dev/null || sleep 1; done &
done`;
