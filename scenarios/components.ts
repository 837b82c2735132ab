import { drain, everyStrategy, experiment, nodeShutdown, vmCrash, without } from "rebound";

/**
 * What goes on while a component of KubeVirt is away, and what its return makes up for: guests run on, and nothing
 * that happens to them is answered until it is back.
 */
export default (["virt-controller", "virt-api", "virt-handler"] as const).flatMap((component) => [
  experiment({
    id: `crash-without-${component}`,
    title: `A crashed VM is not started again without ${component}, and is once that is back`,
    fault: without(component, vmCrash()),
    observe: "100s",
    variants: everyStrategy(),
  }),
  experiment({
    id: `drain-without-${component}`,
    title: `A drain moves no VM without ${component}`,
    fault: without(component, drain()),
    variants: everyStrategy({ evictionStrategy: "LiveMigrate" }),
  }),
  experiment({
    id: `power-loss-without-${component}`,
    title: `Not even a replica set makes up for a lost node without ${component}`,
    fault: without(component, nodeShutdown()),
    variants: everyStrategy(),
  }),
]);
