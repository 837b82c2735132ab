/** KubeVirt's aggregated API, served by virt-api. */
export const subresourceGroup = "subresources.kubevirt.io";

/** What it offers, in the order of its discovery. */
export const subresourceNames: readonly string[] = [
  "expand-vm-spec",
  ...[
    "vnc",
    "vnc/screenshot",
    "console",
    "portforward",
    "backup",
    "redefine-checkpoint",
    "pause",
    "unpause",
    "freeze",
    "unfreeze",
    "reset",
    "softreboot",
  ].map((name) => `virtualmachineinstances/${name}`),
  ...["start", "stop", "restart", "migrate", "expand-spec", "objectgraph", "evacuate/cancel"].map(
    (name) => `virtualmachines/${name}`,
  ),
  ...[
    "guestosinfo",
    "userlist",
    "filesystemlist",
    "addvolume",
    "removevolume",
    "objectgraph",
    "sev/fetchcertchain",
    "sev/querylaunchmeasurement",
    "sev/setupsession",
    "sev/injectlaunchsecret",
    "evacuate/cancel",
  ].map((name) => `virtualmachineinstances/${name}`),
];
