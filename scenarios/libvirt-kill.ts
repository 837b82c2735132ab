import { everyStrategy, experiment, libvirtKill } from "rebound";

/** A VM does not crash with the daemon that looks after it. */
export default experiment({
  id: "libvirt-kill",
  title: "A guest does not notice that the libvirt beside it is killed: its launcher starts another",
  fault: libvirtKill(),
  variants: everyStrategy(),
});
