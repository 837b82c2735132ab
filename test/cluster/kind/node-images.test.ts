import assert from "node:assert/strict";
import { execa } from "execa";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../src/clock/real-clock.ts";
import type { ContainerRuntime, Engine } from "../../../src/cluster/kind/container-runtime.ts";
import type { KindCli } from "../../../src/cluster/kind/kind-cli.ts";
import { provideEach, provideImages, type WantedImage } from "../../../src/cluster/kind/node-images.ts";
import type { NodeShell } from "../../../src/cluster/node-shell.ts";

const digest = "sha256:0123";

/** Of containerd's `ctr images` what is used of it, over a file of names. */
const ctr = `#!/bin/sh
shift 3
case $1 in
  ls) shift
    if [ "$1" = --quiet ]; then cat "$IMAGES"
    else echo "REF TYPE DIGEST"; grep -qxF "\${1#name==}" "$IMAGES" && echo "\${1#name==} type ${digest}"; fi ;;
  tag) shift 2; grep -qxF "$1" "$IMAGES" || { echo "$1: not found" >&2; exit 1; }; echo "$2" >> "$IMAGES" ;;
esac
`;

describe("providing nodes with images", () => {
  let folder: string;
  let loaded: string[];
  let pulled: string[];
  let held: Set<string>;
  const guest = "quay.io/kubevirt/guest:v1";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "rebound-images-"));
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin/ctr"), ctr, { mode: 0o755 });
    loaded = [];
    pulled = [];
    held = new Set([guest, "own:1"]);
    for (const node of ["a", "b"]) await writeFile(join(folder, node), "");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const imagesOf = async (node: string) => (await readFile(join(folder, node), "utf8")).split("\n").filter(Boolean);

  /** Runs scripts for real, where `ctr` is the one above. */
  const shell: NodeShell = {
    sharesClock: true,
    run: async (node, script, args = []) => {
      const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, IMAGES: join(folder, node) };
      const {
        exitCode = -1,
        stdout,
        stderr,
      } = await execa("sh", ["-c", script, "sh", ...args], { reject: false, env });
      return { exitCode, stdout, stderr, fromMs: 0, toMs: 0 };
    },
  };
  /** Loads under the full name, as containerd imports what the engine saved. */
  const kind = {
    load: async ({ image, nodes }: Parameters<KindCli["load"]>[0]) => {
      loaded.push(`${image} into ${nodes.join()}`);
      const full = image.includes("/") ? image : `docker.io/library/${image}`;
      for (const node of nodes) await appendFile(join(folder, node), `${full}\n`);
    },
  } as KindCli;
  const engine = {
    getImage: (name: string) => ({
      inspect: () =>
        held.has(name) ? Promise.resolve({}) : Promise.reject(Object.assign(new Error(), { statusCode: 404 })),
    }),
    pull: (name: string) => {
      if (!name.startsWith("quay.io/")) return Promise.reject(new Error("no such registry"));
      pulled.push(name);
      held.add(name);
      return Promise.resolve(null);
    },
    modem: { followProgress: (_: unknown, done: (error: null) => void) => done(null) },
  } as unknown as Engine;

  const runtime: ContainerRuntime = { engine, clock: realClock(), local: true };
  const options = { runtime, clock: realClock(), kind, cluster: "c", nodes: ["a", "b"], shell, onStage: () => {} };
  const provide = (...wanted: WantedImage[]) => provideImages(wanted, options);

  it("loads an image, and names it by its digest too", async () => {
    await provide({ name: guest, from: guest });
    assert.deepEqual(loaded, [`${guest} into a,b`]);
    assert.deepEqual(await imagesOf("a"), [guest, `quay.io/kubevirt/guest@${digest}`]);
    assert.deepEqual(await imagesOf("b"), await imagesOf("a"));
  });

  it("loads only what is missing, only where it is missing", async () => {
    await writeFile(join(folder, "a"), `${guest}\n`);
    await provide({ name: guest, from: guest });
    assert.deepEqual(loaded, [`${guest} into b`]);
    await provide({ name: guest, from: guest });
    assert.equal(loaded.length, 1);
  });

  it("gives another image the name that is asked for", async () => {
    await provide({ name: guest, from: "own:1" });
    assert.deepEqual(await imagesOf("b"), ["docker.io/library/own:1", guest, `quay.io/kubevirt/guest@${digest}`]);
  });

  it("has the engine pull what it lacks, once", async () => {
    const api = "quay.io/kubevirt/virt-api:v1";
    await provide({ name: api, from: api });
    await provide({ name: api, from: api });
    assert.deepEqual(pulled, [api]);
  });

  it("says how else an image that cannot be pulled comes in", async () => {
    await assert.rejects(provide({ name: guest, from: "none.example/guest:1" }), {
      name: "EnvironmentError",
      message: /none\.example\/guest:1 is neither in .*`docker load`.*--image guest=<image>/,
    });
  });

  it("tells of those that cannot be had, and brings the others", async () => {
    const none = "none.example/guest:1";
    const lacks = await provideEach(
      [none, guest].map((name) => ({ name, from: name })),
      options,
    );
    assert.deepEqual(
      lacks.map(({ image }) => image),
      [none],
    );
    assert.match(lacks[0]!.reason, /neither in the container engine nor to be had/);
    assert.deepEqual(loaded, [`${guest} into a,b`]);
  });
});
