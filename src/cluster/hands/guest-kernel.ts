import type { Receipt, VmiRef } from "../cluster.ts";
import type { HandTools } from "./act.ts";
import { actOnGuest, receiptOf } from "./monitor.ts";

/**
 * A machine check that says that the processor's context is corrupt: every Linux kernel panics on it, whatever its
 * settings, and no keyboard, agent or login is needed. VAL, UC, EN and PCC of the bank's status, MCIP of the
 * machine's (Intel SDM 3B, 17.3). The guest's console, which KubeVirt keeps, is the witness.
 */
const panic = `
[ -r "$console" ] || fail "the guest's serial console is not kept (spec.configuration.virtualMachineOptions.disableSerialConsoleLog, or logSerialConsole of the VM): nothing would prove it"
mark
begin
told=$(monitor "mce 0 1 0xb200000000000000 0x4 0 0")
[ -z "$(echo $told)" ] || fail "QEMU's monitor refused a machine check: $told"
printed "Kernel panic" 10 || fail "a machine check was raised, and the guest's serial console says nothing of a panic within 10 s"
end
say console "$line"
`;

/** A kernel that has panicked hangs, unless it is told to reboot then or a device tells the platform of it. */
const hang = `
if monitor "info qtree" | grep -q pvpanic; then fail "it has a panic device: its kernel's end would be a crash, not a hang"; fi
${panic}
if printed "Rebooting in|end Kernel panic" 3; then
  case $line in *Rebooting*) fail "the guest's kernel reboots after a panic (its panic timeout is not 0): it does not hang" ;; esac
fi
`;

/** The balloon takes what memory the guest has left; what it needs next, its kernel must kill for. */
const exhaust = `
[ -r "$console" ] || fail "the guest's serial console is not kept: nothing would prove it"
full=$(monitor "info balloon" | sed -n 's/.*actual=\\([0-9]*\\).*/\\1/p')
[ -n "$full" ] || fail "the machine has no memory balloon"
trap 'monitor "balloon $full" >/dev/null' EXIT
mark
monitor "balloon 1" >/dev/null
if ! printed "Out of memory: Killed process|oom-kill:|Out of memory and no killable" 60; then
  fail "the balloon took all but $(monitor "info balloon" | sed -n 's/.*actual=//p' | tr -d '\\r') MiB of $full MiB, and the guest's kernel killed nothing in 60 s"
fi
end
# It was not there yet when the console was last looked at.
echo "@begin $looked"
say console "$line"
`;

/** The guest's kernel panics. */
export function panicGuest(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const done = actOnGuest(tools, vmi, "the panic of the guest", panic);
  return receiptOf(done, ({ console }) => `a machine check through QEMU's monitor; the guest's console: ${console}`);
}

/** The guest's kernel does nothing more, and its qemu runs on. */
export function hangGuest(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const done = actOnGuest(tools, vmi, "hanging the guest", hang);
  return receiptOf(
    done,
    ({ console }) => `a machine check through QEMU's monitor, after which its kernel does nothing: ${console}`,
  );
}

/** The guest's own memory is used up, until its kernel has killed for want of it; then it is given back. */
export function exhaustGuest(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const done = actOnGuest(tools, vmi, "using up the memory of the guest", exhaust);
  return receiptOf(done, ({ console }) => `the memory balloon took what it had; the guest's console: ${console}`);
}
