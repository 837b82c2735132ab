import assert from "node:assert/strict";
import { explainKind } from "../../../src/cluster/kind/kind-failures.ts";

describe("a failure of kind", () => {
  const failed = (stderr: string) => explainKind({ message: "`kind …` failed", stderr, missing: false });

  for (const [stderr, cause, cure] of [
    [
      'ERROR: failed to create cluster: failed to pull image "kindest/node:v1": exit status 1',
      /the node image kindest\/node:v1 is neither/,
      /docker load/,
    ],
    [
      'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "c"',
      /nodes of a cluster c already/,
      /rebound cluster down --name c/,
    ],
    ["docker: write /var/lib: no space left on device", /the disk is full/, /docker system prune/],
    [
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      /engine does not answer/,
      /DOCKER_HOST/,
    ],
    [
      "unable to start container process: unable to apply caps: operation not permitted",
      /privileged/,
      /rootful engine/,
    ],
    [
      'could not find a log line that matches "Reached target .*Multi-User System.*"',
      /its systemd did not come up/,
      /cluster doctor/,
    ],
    ["failed to init node with kubeadm: command failed", /Kubernetes did not come up/, /--retain/],
  ] as const) {
    it(`has its cause and its cure: ${stderr.slice(0, 60)}`, () => {
      const said = failed(`Creating cluster "c" ...\n${stderr}\nCommand Output: …`);
      assert.match(said, cause);
      assert.match(said, cure);
      assert.ok(said.endsWith(`(kind said: ${stderr})`), said);
    });
  }

  it("that nobody foresaw is told in kind's words", () => {
    assert.equal(failed("something new"), "`kind …` failed");
  });
});
