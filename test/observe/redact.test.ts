import assert from "node:assert/strict";
import { redactObject, redactPlan } from "../../src/observe/redact.ts";
import type { Plan } from "../../src/experiment/plan.ts";

const secret = "hunter2";
const encoded = Buffer.from(secret).toString("base64");

/** A VM that carries a secret in every place a KubeVirt manifest has for one. */
const spec = {
  accessCredentials: [{ userPassword: { source: { secret: { secretName: "its-name" } }, propagationMethod: secret } }],
  volumes: [
    { name: "a", cloudInitNoCloud: { userData: `#cloud-config\npassword: ${secret}` } },
    { name: "b", cloudInitNoCloud: { userDataBase64: encoded, networkDataBase64: encoded } },
    { name: "c", cloudInitConfigDrive: { networkData: secret, secretRef: { name: "by-name" } } },
    { name: "d", containerDisk: { image: "registry/guest" } },
  ],
};
const annotations = {
  "kubectl.kubernetes.io/last-applied-configuration": `{"spec":{"userData":"${secret}"}}`,
  "kubevirt.io/ignitiondata": secret,
  note: "kept",
};
const vm = {
  apiVersion: "kubevirt.io/v1",
  kind: "VirtualMachine",
  metadata: { name: "vm", annotations, managedFields: [{ manager: "kubectl" }], labels: { token: "a-label" } },
  spec: {
    dataVolumeTemplates: [{ spec: { source: { http: { url: "u", extraHeaders: [`Authorization: ${secret}`] } } } }],
    template: { metadata: { annotations }, spec },
  },
};

describe("redaction", () => {
  const text = JSON.stringify(redactObject(vm));

  it("leaves no secret of a VM, as text or in base64, at any depth", () => {
    assert.ok(!text.includes(secret), text);
    assert.ok(!text.includes(encoded), text);
  });

  it("says where it took one away", () => {
    const { volumes } = redactObject(vm).spec.template.spec;
    assert.deepEqual(volumes[0], { name: "a", cloudInitNoCloud: { userData: "(redacted)" } });
    assert.deepEqual(volumes[2], {
      name: "c",
      cloudInitConfigDrive: { networkData: "(redacted)", secretRef: { name: "by-name" } },
    });
  });

  it("keeps everything else, and the original", () => {
    assert.ok(text.includes("registry/guest") && text.includes('"note":"kept"') && text.includes('"token":"a-label"'));
    assert.ok(JSON.stringify(vm).includes(secret));
  });

  it("takes the values of Secrets and ConfigMaps, and keeps their keys", () => {
    const object = {
      kind: "Secret",
      metadata: { name: "s" },
      type: "Opaque",
      data: { key: encoded },
      stringData: { a: secret },
    };
    assert.deepEqual(redactObject(object), {
      kind: "Secret",
      metadata: { name: "s" },
      type: "Opaque",
      data: { key: "(redacted)" },
      stringData: { a: "(redacted)" },
    });
    const sysprep = { kind: "ConfigMap", data: { "autounattend.xml": secret } };
    assert.ok(!JSON.stringify(redactObject(sysprep)).includes(secret));
  });

  it("takes secret variables of containers, and the VMI that a launcher may carry in one", () => {
    const env = [
      { name: "DB_PASSWORD", value: secret },
      { name: "STANDALONE_VMI", value: JSON.stringify(vm) },
      { name: "XDG_CACHE_HOME", value: "/cache" },
      { name: "API_TOKEN", valueFrom: { secretKeyRef: { name: "n", key: "k" } } },
    ];
    const pod = redactObject({ kind: "Pod", spec: { containers: [{ name: "compute", env }] } });
    const [password, vmi, cache, token] = pod.spec.containers[0]!.env;
    assert.equal(password!.value, "(redacted)");
    assert.equal(vmi!.value, "(redacted)");
    assert.equal(cache!.value, "/cache");
    assert.deepEqual(token!.valueFrom, { secretKeyRef: { name: "n", key: "k" } });
  });

  it("leaves out managedFields and the images of nodes, not the images of pods", () => {
    assert.ok(!text.includes("managedFields"));
    const node = redactObject({ kind: "Node", status: { images: [{ names: ["x"] }], capacity: { cpu: "4" } } });
    assert.deepEqual(node, { kind: "Node", status: { capacity: { cpu: "4" } } });
  });

  it("keeps probes, tolerations and service account switches that only sound secret", () => {
    const pod = {
      kind: "Pod",
      spec: {
        automountServiceAccountToken: false,
        tolerations: [{ tolerationSeconds: 300 }],
        hostPorts: { token: 8080 },
      },
    };
    assert.deepEqual(redactObject(pod), pod);
  });

  it("covers the manifests of a plan", () => {
    const plan = { id: "x", variants: [{ name: "vm", manifests: [vm] }] } as unknown as Plan;
    const redactedText = JSON.stringify(redactPlan(plan));
    assert.ok(!redactedText.includes(secret) && !redactedText.includes(encoded));
    assert.ok(redactedText.includes("registry/guest"));
  });
});
