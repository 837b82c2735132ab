import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Manifest, VirtualMachine } from "../../../src/kube/objects.ts";
import { virtualMachines } from "../../../src/kube/resources.ts";
import type { Results } from "../../../src/report/results.ts";
import { vm } from "../../../src/workload/variant.ts";
import { rebound } from "../../cli/rebound.ts";
import { context, ServedSite } from "./served-site.ts";

const optedIn = { "rebound.dev/opt-in": "true" };

const scenario = `
import { drain, experiment, vm, vmiDelete } from "rebound";
export default [
  experiment({ id: "deleted", title: "A VMI that is deleted comes back", fault: vmiDelete(), variants: [vm("any")], observe: "9s" }),
  experiment({ id: "drained", title: "A drained node's VMs go", fault: drain(), variants: [vm("any")], observe: "9s" }),
];
`;

/** The manifest in the namespace `shop`, its VM on that node and no other. */
function pinned(manifest: Manifest, node: string): Manifest {
  const metadata = { ...manifest.metadata, namespace: "shop" };
  const placed: Manifest = structuredClone({ ...manifest, metadata });
  const spec = placed["spec"] as { template?: { spec: { nodeSelector?: Record<string, string> } } };
  if (spec.template !== undefined) spec.template.spec.nodeSelector = { "kubernetes.io/hostname": node };
  return placed;
}

describe("an existing cluster", function () {
  this.timeout(240_000);
  let site: ServedSite;

  before(async () => {
    site = await ServedSite.open();
    await writeFile(join(site.folder, "my.scenario.ts"), scenario);
    // No pod of the model runs a program.
    await writeFile(join(site.folder, "site.yaml"), "prober: null\n");
    await site.namespace("shop", optedIn);
    await site.namespace("bank");
    await Promise.all([site.runVm("shop", "web"), site.runVm("bank", "books")]);
  });
  after(() => site[Symbol.asyncDispose]());

  const run = (...args: string[]) =>
    rebound(["run", "my.scenario.ts", ...site.words, "--cluster-config", "site.yaml", ...args], { cwd: site.folder });
  const deleted = ["--grep", "deleted/"];

  it("is not touched before its context was confirmed", async () => {
    const was = await site.vmi("shop", "web");
    const unconfirmed = await run(...deleted, "--target", "shop/web");
    assert.equal(unconfirmed.exitCode, 2);
    assert.match(
      unconfirmed.stderr,
      new RegExp(`this breaks VMs of the cluster ${context}; confirm it with --yes=${context}`),
    );
    const misnamed = await run(...deleted, "--target", "shop/web", "--yes", "prod");
    assert.equal(misnamed.exitCode, 2);
    assert.match(misnamed.stderr, /"prod" is not the context rebound-simulated: nothing was touched/);
    assert.equal((await site.vmi("shop", "web"))?.metadata.uid, was?.metadata.uid);
  });

  it("is not touched in a namespace that has not opted in", async () => {
    const { exitCode, stderr } = await run(...deleted, "--target", "bank/books", "--yes", context);
    assert.equal(exitCode, 2);
    assert.match(stderr, /deleted is refused: namespace bank has not opted in; .*kubectl label namespace bank/);
  });

  for (const [args, complaint] of [
    [["--target", "shop/no-such"], /there is no VM, replica set or VMI no-such in namespace shop/],
    [["--target", "nowhere/web"], /there is no namespace nowhere/],
    [["-l", "app=none", "-n", "shop"], /no VM in namespace shop has the labels app=none/],
    [["--target", "web"], /--target\.0 must be namespace\/name/],
  ] as const) {
    it(`says what is wrong with ${args.join(" ")}`, async () => {
      const { exitCode, stderr } = await run(...args, "--yes", context);
      assert.equal(exitCode, 2);
      assert.match(stderr, complaint);
    });
  }

  it("says in a dry run what it would be aimed at, how long it would take, and what it needs, and touches nothing", async () => {
    const was = await site.vmi("shop", "web");
    const { exitCode, stdout, stderr } = await run(...deleted, "--target", "shop/web", "--dry-run");
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /deleted: VMI web$/m);
    assert.match(stdout, /It will take up to 1 min 39 s\./);
    assert.match(stdout, /It needs \d+ permissions, and has them all:/);
    assert.match(stdout, /^ {2}delete virtualmachineinstances\.kubevirt\.io in shop$/m);
    assert.doesNotMatch(stdout, /create virtualmachines|pods\/exec/);
    assert.equal((await site.vmi("shop", "web"))?.metadata.uid, was?.metadata.uid);
  });

  it("keeps away from a node that carries somebody else's VM", async () => {
    const { nodeName } = (await site.vmi("bank", "books"))!.status;
    const manifests = vm("neighbour").manifests.map((manifest) => pinned(manifest, nodeName!));
    for (const manifest of manifests) await site.kube.create(manifest);
    await site.untilReady("shop", "neighbour");
    const { exitCode, stderr } = await run("--grep", "drained/", "--target", "shop/neighbour", "--yes", context);
    assert.equal(exitCode, 2);
    assert.match(stderr, new RegExp(`drained is refused: node ${nodeName} carries VM bank/books, whose namespace`));
  });

  it("breaks a VM that runs already, judges it, and leaves it as it was", async () => {
    const was = await site.kube.get<VirtualMachine>(virtualMachines, "web", "shop");
    const vmi = await site.vmi("shop", "web");
    const { exitCode, stderr, stdout } = await run(...deleted, "--target", "shop/web", "--yes", context);
    assert.equal(exitCode, 0, stderr + stdout);
    const file = join(site.folder, "reports/latest/results.json");
    const results = JSON.parse(await readFile(file, "utf8")) as Results;
    assert.equal(results.cluster.provider, "existing");
    assert.equal(results.cluster.prediction, false);
    const [variant] = results.experiments[0]!.variants;
    assert.equal(variant?.name, "web");
    const [judgement] = variant.judgements;
    assert.equal(judgement?.outcome, "restarted");
    const { low, high } = judgement.ttrMs!;
    assert.ok(high - low <= 1000, `an interval of ${high - low} ms`);
    const now = await site.kube.get<VirtualMachine>(virtualMachines, "web", "shop");
    assert.equal(now?.metadata.generation, was?.metadata.generation);
    assert.deepEqual(now?.metadata.labels, was?.metadata.labels);
    assert.notEqual((await site.vmi("shop", "web"))?.metadata.uid, vmi?.metadata.uid);
  });
});
