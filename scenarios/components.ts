import {
  apiCut,
  apiSlow,
  bareVmi,
  componentStop,
  drain,
  during,
  everyRunStrategy,
  everyStrategy,
  experiment,
  nodeShutdown,
  runtimeStop,
  vmCrash,
} from "rebound";

/** What may be away without its absence being anybody's loss, as long as nothing else happens. */
const backgrounds = [
  ...(["virt-controller", "virt-api", "virt-handler"] as const).map((component) => ({
    name: component,
    fault: componentStop({ component }),
  })),
  { name: "api-server", fault: apiCut() },
];

/**
 * What goes on while a part of the platform is away, and what its return makes up for: guests run on, and nothing
 * that happens to them is answered until it is back.
 */
export default [
  ...backgrounds.flatMap(({ name, fault }) => [
    experiment({
      id: `nothing-without-${name}`,
      title: `A guest needs no ${name} to go on, nor to go on when it is back`,
      fault,
      variants: everyStrategy(),
    }),
    experiment({
      id: `crash-without-${name}`,
      title: `A crashed VM is not started again without ${name}, and is once that is back`,
      fault: during(fault, vmCrash()),
      observe: "100s",
      variants: everyStrategy(),
    }),
    experiment({
      id: `drain-without-${name}`,
      title: `A drain moves no VM without ${name}`,
      fault: during(fault, drain()),
      variants: everyStrategy({ evictionStrategy: "LiveMigrate" }),
    }),
    experiment({
      id: `power-loss-without-${name}`,
      title: `Not even a replica set makes up for a lost node without ${name}`,
      fault: during(fault, nodeShutdown()),
      variants: everyStrategy(),
    }),
  ]),
  experiment({
    id: "nothing-with-slow-api-server",
    title: "A guest does not notice a slow API server",
    fault: apiSlow(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "crash-with-slow-api-server",
    title: "A crashed VM is started again by way of a slow API server, only later",
    fault: during(apiSlow(), vmCrash()),
    variants: everyStrategy(),
  }),
  experiment({
    id: "drain-with-slow-api-server",
    title: "A drain moves its VMs by way of a slow API server, only later",
    fault: during(apiSlow(), drain()),
    variants: everyStrategy({ evictionStrategy: "LiveMigrate" }),
  }),
  experiment({
    id: "power-loss-with-slow-api-server",
    title: "A lost node's VMs are no better off by way of a slow API server",
    fault: during(apiSlow(), nodeShutdown()),
    variants: everyStrategy(),
  }),
  experiment({
    id: "runtime-stop-brief",
    title:
      "Without a container runtime a node is not ready, and its VMs go on as they were until their pods are marked",
    fault: runtimeStop(),
    observe: "200s",
    variants: everyStrategy(),
  }),
  experiment({
    id: "runtime-stop-long",
    title: "Without a container runtime a node's pods are marked and cannot end; once it is back they do",
    fault: runtimeStop(),
    variants: everyStrategy(),
  }),
  experiment({
    id: "crash-without-runtime",
    title: "A crashed VM is followed by another only when the container runtime is back to end its pod",
    fault: during(runtimeStop(), vmCrash()),
    observe: "100s",
    // A replica set's new member may be put onto that very node, as long as nobody knows: no rule says where.
    variants: [...everyRunStrategy(), bareVmi("bare")],
  }),
  experiment({
    id: "drain-without-runtime",
    title: "A drain moves VMs away from a node without a container runtime",
    fault: during(runtimeStop(), drain()),
    variants: everyStrategy({ evictionStrategy: "LiveMigrate" }),
  }),
];
