import assert from "node:assert/strict";
import { realClock } from "../../src/clock/real-clock.ts";
import { notYet, waitUntil } from "../../src/clock/wait-until.ts";
import type { ContainerRuntime } from "../../src/cluster/kind/container-runtime.ts";
import type { Answer } from "../../src/prober/protocol.ts";
import { ask } from "../../src/prober/question.ts";
import { guestScript, type ScriptOptions } from "../../src/workload/guest-script.ts";
import { useEngine } from "../cluster/kind/engine.ts";
import { buildProberImage, proberImage } from "../cluster/kind/prober-image.ts";

const plain: ScriptOptions = {
  bootSeconds: 0,
  obeysAcpi: true,
  agent: false,
  watchdog: false,
  markerOn: { volume: "root" },
};

/** As much of nc as guests use, by its whole path: Debian's busybox has one without `-k`, and its shell prefers it. */
const nc = `#!/bin/node
const { spawn } = require("node:child_process");
const [, , , , port, , program] = process.argv;
require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  spawn(program).stdout.pipe(socket);
}).listen(Number(port));
`;

/** A fresh machine boots: what it runs at boot is on its disk, or comes as user data. */
const boot = `mkdir -p /var/lib /etc/local.d
[ -e /blank ] || { dd if=/dev/zero of=/blank bs=1024 count=64; printf '%s' "$NC" > /nc; chmod 755 /nc; }
if [ -e /etc/local.d/rebound.start ]; then sh /etc/local.d/rebound.start; else printf '%s' "$USER_DATA" | sed 's, nc -lk, /nc -lk,' > /user-data; sh /user-data; fi
echo served
sh /user-data
exec sleep 1000`;

describe("the default guest's script", function () {
  this.timeout(60_000);
  let runtime: ContainerRuntime;

  before(async function () {
    runtime = await useEngine(this);
    await buildProberImage();
  });

  async function start(script: string) {
    const container = await runtime.engine.createContainer({
      Image: proberImage,
      Entrypoint: ["/bin/sh", "-c", boot],
      Env: [`USER_DATA=${script}`, `NC=${nc}`],
      HostConfig: { Tmpfs: { "/run": "exec" } },
    });
    const answers = async (port: number): Promise<Answer> => {
      const { NetworkSettings } = await container.inspect();
      return waitUntil(realClock(), {
        what: "the guest to answer",
        limitMs: 20_000,
        look: async () => {
          const answer = await ask(NetworkSettings.Networks["bridge"]!.IPAddress, port, AbortSignal.timeout(1_000));
          return typeof answer === "string" ? notYet(answer) : answer;
        },
      });
    };
    await container.start();
    return {
      answers,
      reboot: () => container.restart({ t: 0 }),
      [Symbol.asyncDispose]: () => container.remove({ force: true }),
    };
  }

  it("tells on both ports which boot it is, and no marker where root is no disk", async () => {
    await using guest = await start(guestScript(plain));
    const [service, answer] = [await guest.answers(1500), await guest.answers(1501)];
    assert.match(answer.bootId!, /^[0-9a-f-]{36}$/);
    assert.deepEqual(service, answer);
    assert.equal(answer.marker, null);
  });

  it("finds the marker again that it wrote at its first boot, and is run at the next", async () => {
    await using guest = await start(guestScript({ ...plain, markerOn: { volume: "data", device: "/blank" } }));
    const first = await guest.answers(1501);
    assert.match(first.marker!, /^data\/[0-9a-f-]{36}$/);
    await guest.reboot();
    assert.equal((await guest.answers(1501)).marker, first.marker);
  });

  it("serves as late as it is told to", () => {
    assert.match(guestScript({ ...plain, bootSeconds: 30 }), /\nsleep 30\n[^]*nc -lk/);
    assert.doesNotMatch(guestScript(plain), /^sleep/m);
  });

  it("is deaf to ACPI, has an agent and feeds a watchdog where it is to", () => {
    const script = guestScript({ ...plain, obeysAcpi: false, agent: true, watchdog: true });
    assert.match(script, /^rc-service acpid stop$/m);
    assert.match(script, /^rc-service qemu-guest-agent start$/m);
    assert.match(script, /^watchdog .*\/dev\/watchdog$/m);
    assert.match(guestScript(plain), /^rc-service qemu-guest-agent stop$/m);
  });
});
