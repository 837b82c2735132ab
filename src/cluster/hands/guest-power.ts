import type { Receipt, VmiRef } from "../cluster.ts";
import type { HandTools } from "./act.ts";
import { actOnGuest, receiptOf } from "./monitor.ts";

/**
 * The machine's own registers are written, as a guest's kernel writes them at the end of `poweroff -f` and `reboot -f`: to QEMU it is
 * the guest that did it, and no agent, password or obedience is needed. Not the power button: that is a request. The
 * registers are those of QEMU's x86 machines; S5 is sleep type 0 there (hw/acpi/core.c: acpi_pm1_cnt_write).
 */
const powerOff = `
register=$(machine acpi-cnt)
[ -n "$register" ] || fail "the machine has no ACPI power register on a port: it is no x86 machine of QEMU's"
listen SHUTDOWN
begin
monitor "o /h $register 0x2000" >/dev/null || fail "QEMU's monitor took no command"
end
heard SHUTDOWN
`;

/** The reset control register of both of QEMU's x86 machines (hw/isa/lpc_ich9.c, hw/isa/piix3.c). */
const reboot = `
[ -n "$(machine acpi-cnt)" ] || fail "the machine has no reset register on a port: it is no x86 machine of QEMU's"
listen RESET
begin
monitor "o /b 0xcf9 0x6" >/dev/null || fail "QEMU's monitor took no command"
end
heard RESET
`;

/** The guest switches itself off. */
export function powerOffGuest(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const done = actOnGuest(tools, vmi, "switching off the guest", powerOff);
  return receiptOf(
    done,
    ({ event }) => `the power register was written through QEMU's monitor, and QEMU said: ${event}`,
  );
}

/** The guest reboots. */
export function rebootGuest(tools: HandTools, vmi: VmiRef): Promise<Receipt> {
  const done = actOnGuest(tools, vmi, "rebooting the guest", reboot);
  return receiptOf(
    done,
    ({ event }) => `the reset register was written through QEMU's monitor, and QEMU said: ${event}`,
  );
}
