import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../src/clock/real-clock.ts";
import { releaseManifests } from "../../../src/cluster/kind/kubevirt-release.ts";

describe("KubeVirt's manifests of a release", () => {
  let server: Server;
  let source: string;
  let cacheHome: string;
  let asked: string[];
  let files: Record<string, string>;
  let digests: Record<string, string | null>;
  const cacheBefore = process.env["XDG_CACHE_HOME"];

  beforeEach(async () => {
    asked = [];
    files = { "kubevirt-operator.yaml": "kind: Deployment\n", "kubevirt-cr.yaml": "kind: KubeVirt\n" };
    digests = {};
    cacheHome = await mkdtemp(join(tmpdir(), "rebound-cache-"));
    process.env["XDG_CACHE_HOME"] = cacheHome;
    server = createServer((request, response) => {
      asked.push(request.url!);
      const name = request.url!.slice(1);
      if (request.url === "/v1.9.0") response.end(JSON.stringify(release()));
      else if (files[name] !== undefined) response.end(files[name]);
      else response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    source = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await rm(cacheHome, { recursive: true, force: true });
    if (cacheBefore === undefined) delete process.env["XDG_CACHE_HOME"];
    else process.env["XDG_CACHE_HOME"] = cacheBefore;
  });

  const digestOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;
  const release = () => ({
    assets: Object.entries(files).map(([name, text]) => ({
      name,
      browser_download_url: `${source}/${name}`,
      digest: name in digests ? digests[name] : digestOf(text),
    })),
  });
  const get = (version = "v1.9.0") => releaseManifests(version, { clock: realClock(), onStage: () => {}, source });
  const cached = (file: string) => join(cacheHome, "rebound/kubevirt/v1.9.0", file);
  const expected = { operator: "kind: Deployment\n", kubevirt: "kind: KubeVirt\n" };

  it("are downloaded once, and come from the cache after that", async () => {
    assert.deepEqual(await get(), expected);
    assert.equal(asked.length, 3);
    assert.deepEqual(await get(), expected);
    assert.equal(asked.length, 3, "nothing more was asked for");
  });

  it("are downloaded again where the cache holds something else than was written", async () => {
    await get();
    await writeFile(cached("kubevirt-cr.yaml"), "kind: Kub");
    assert.deepEqual(await get(), expected);
    assert.equal(await readFile(cached("kubevirt-cr.yaml"), "utf8"), expected.kubevirt);
  });

  it("are refused, and not kept, where they are not what the release states", async () => {
    digests["kubevirt-cr.yaml"] = digestOf("another");
    await assert.rejects(get(), { name: "EnvironmentError", message: /kubevirt-cr\.yaml has the checksum sha256:/ });
    await assert.rejects(readFile(cached("kubevirt-operator.yaml")), { code: "ENOENT" });
  });

  it("are refused where the release states no checksum", async () => {
    digests["kubevirt-operator.yaml"] = null;
    await assert.rejects(get(), /states no checksum of kubevirt-operator\.yaml.*--kubevirt-manifests/);
  });

  it("say which release there is none of, and the other ways", async () => {
    await assert.rejects(get("v9.9.9"), /KubeVirt v9\.9\.9 cannot be downloaded: .* answers 404 .*--kubevirt none/);
  });

  it("say why nobody answers", async () => {
    server.closeAllConnections();
    server.close();
    await assert.rejects(get(), /cannot be downloaded: fetch failed \(.*ECONNREFUSED/);
  });
});
