import type { Severance } from "./severance.ts";

/** A server takes minutes to test itself and boot, in milliseconds. */
const bootMs = 900_000;

/**
 * The kernel switches the machine off at once: nothing is written back or told, as when power is lost. Before that the
 * machine's clock is set to wake it, which the firmware does, and no system that runs. A node that is a container has no
 * machine to itself: all that is on the machine would go off with it.
 */
const script = `
hold=$1
case $(systemd-detect-virt --container 2>/dev/null) in
  none) ;;
  "") fail "it has no systemd-detect-virt: nothing tells whether it is a machine or a container" ;;
  *) fail "it is a container: its machine would go off with all that is on it" ;;
esac
alarm=$(ls /sys/class/rtc/rtc*/wakealarm 2>/dev/null | head -n 1)
[ -n "$alarm" ] || fail "its clock cannot wake it: there is no wakealarm in /sys/class/rtc"
[ -w /proc/sysrq-trigger ] || fail "its kernel has no sysrq"
echo 0 >"$alarm"
echo "+$hold" >"$alarm" || fail "its clock takes no alarm"
[ -n "$(cat "$alarm")" ] || fail "its clock keeps no alarm"
begin
echo o >/proc/sysrq-trigger
end
sleep 10
echo 0 >"$alarm"
fail "it did not switch itself off"
`;

/** A node's power taken by its own kernel, and given back by its machine's clock after so many seconds. */
export function powerByAlarm(holdSeconds: number): Severance {
  return {
    name: "power",
    cut: { what: "switching itself off", script, args: [String(holdSeconds)] },
    mend: { what: "finding it on", script: "" },
    backMs: bootMs,
  };
}
