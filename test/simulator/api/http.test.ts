import assert from "node:assert/strict";
import { connect } from "node:net";
import { serve } from "../../../src/simulator/api/http.ts";
import type { KubeObject } from "../../../src/kube/objects.ts";
import { apiOf } from "./world.ts";

const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

describe("the API server over HTTP", () => {
  it("drops a watcher that does not read, and no other", async () => {
    const { world, api } = apiOf();
    await using listening = await serve((request) => api.handle(request), { slowWatcherMs: 1500 });
    const { hostname, port } = new URL(listening.url);
    const slow = connect(Number(port), hostname);
    slow.on("error", () => {});
    slow.pause();
    slow.write("GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: cluster\r\n\r\n");
    while (api.openWatches < 1) await moment();
    const { body } = await fetch(`${listening.url}/api/v1/configmaps?watch=1`);
    let bytes = 0;
    const read = (async () => {
      for await (const chunk of body!) bytes += (chunk as Uint8Array).length;
    })();
    assert.equal(api.openWatches, 2);
    const filler = "x".repeat(1_000_000);
    for (let n = 0; n < 20; n++) {
      const map = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `m${n}`, namespace: "lab" },
        data: { filler },
      };
      world.store.create<KubeObject & { data: object }>("configmaps", map);
    }
    while (api.openWatches > 1) await moment();
    while (bytes < 20_000_000) await moment();
    assert.equal(api.openWatches, 1);
    world.setRunning("kube-apiserver", false);
    await read;
    slow.destroy();
  });

  it("listens on the loopback interface alone, and closes with its watches", async () => {
    const { api } = apiOf();
    const listening = await serve((request) => api.handle(request));
    assert.equal(new URL(listening.url).hostname, "127.0.0.1");
    const { body } = await fetch(`${listening.url}/api/v1/pods?watch=1`);
    const read = body!.getReader().read();
    await listening[Symbol.asyncDispose]();
    await assert.rejects(read);
    await assert.rejects(fetch(`${listening.url}/version`));
    assert.equal(api.openWatches, 0);
  });
});
