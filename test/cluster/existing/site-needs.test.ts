import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import https from "node:https";
import { join } from "node:path";
import { defaultClusterConfig, type ClusterConfig } from "../../../src/cluster/existing/cluster-config.ts";
import { existingCluster } from "../../../src/cluster/existing/existing-cluster.ts";
import { siteNeeds } from "../../../src/cluster/existing/site-needs.ts";
import { describeGrant, grantsOf, may } from "../../../src/kube/permission.ts";
import { leases, nodes, pods } from "../../../src/kube/resources.ts";
import { home } from "../../../src/safety/cluster-lease.ts";
import { claimCluster } from "../../../src/safety/claim.ts";
import { grantFor } from "../../kube/grant-for.ts";
import { context, ServedSite } from "./served-site.ts";

const place = "shop";

describe("what working on an existing cluster needs, whatever is run", function () {
  this.timeout(240_000);
  const { request } = https;
  let site: ServedSite;
  let victim: { namespace: string; name: string; uid: string };
  let node: string;
  let stateBefore: string | undefined;

  before(async () => {
    site = await ServedSite.open();
    stateBefore = process.env["XDG_STATE_HOME"];
    process.env["XDG_STATE_HOME"] = join(site.folder, "state");
    await site.namespace(place);
    const { metadata, status } = await site.runVm(place, "web");
    victim = { namespace: place, name: "web", uid: metadata.uid };
    node = status.nodeName!;
  });
  after(async () => {
    if (stateBefore === undefined) delete process.env["XDG_STATE_HOME"];
    else process.env["XDG_STATE_HOME"] = stateBefore;
    await site[Symbol.asyncDispose]();
  });

  // Each begins as if nobody had ever been here.
  afterEach(() => site.kube.delete(leases, "rebound", home));

  /** All that the API server was asked meanwhile, as RBAC sees it. */
  async function asked(work: () => Promise<unknown>): Promise<Set<string>> {
    const seen = new Set<string>();
    https.request = ((options: https.RequestOptions, ...rest: []) => {
      const grant = grantFor(options.method ?? "GET", options.path ?? "/");
      if (grant !== null) seen.add(describeGrant(grant));
      return request(options, ...rest);
    }) as typeof https.request;
    try {
      await work();
    } finally {
      https.request = request;
    }
    return seen;
  }

  /** Opens it, claims it, writes what would put it back, asks the guards, and starts its prober where it has one. */
  function work(config: ClusterConfig): Promise<Set<string>> {
    const choice = {
      provider: "existing" as const,
      context,
      kubeconfig: readFileSync(site.kubeconfig, "utf8"),
      config,
    };
    const words = { provider: "existing" as const, context, kubeconfig: site.kubeconfig };
    return asked(async () => {
      await using claim = await claimCluster({ run: "run", at: new Date().toISOString(), cluster: words }, () =>
        existingCluster(choice, 0),
      );
      await using cluster = await existingCluster(choice, 0);
      for (const id of [1, 2]) await claim.journal.register({ id, step: { do: "remove-taint", node, key: "k" } });
      await cluster.refuses!({ nodes: [node], victims: [victim] });
      // No pod of the model runs a program.
      await cluster.startProber(place, () => {}).catch(() => null);
      for (const id of [2, 1]) await claim.journal.markDone(id);
    });
  }

  const declared = (config: ClusterConfig) => grantsOf(siteNeeds(config), place).map(describeGrant);

  /** What the prober follows, every experiment watches, and declares. */
  const watched = [may(["list", "watch"], pods), may(["list", "watch"], nodes)];
  /** Kubelets are asked for their settings where that is allowed, and nobody asks for it to be. */
  const isOptional = (grant: string): boolean => grant.startsWith("get nodes/proxy");

  for (const [what, config] of [
    ["without a prober", { ...defaultClusterConfig, prober: null }],
    ["with a prober in a pod", defaultClusterConfig],
  ] as const) {
    it(`is all declared ${what}, and nothing beside`, async () => {
      const seen = await work(config);
      const allowed = new Set([...declared(config), ...grantsOf(watched, place).map(describeGrant)]);
      const everywhere = (grant: string): string => grant.replace(/ in \S+$/, "");
      const beyond = [...seen].filter(
        (grant) => !isOptional(grant) && !allowed.has(grant) && !allowed.has(everywhere(grant)),
      );
      assert.deepEqual(beyond, []);
      const used = new Set([...seen, ...[...seen].map(everywhere)]);
      // The client opens a web socket with GET, for which newer servers ask for `create`.
      const opens = "create pods/attach in rebound";
      const unused = declared(config).filter(
        (grant) => grant !== opens && !used.has(grant) && !used.has(everywhere(grant)),
      );
      assert.deepEqual(unused, []);
    });
  }
});
