import protobuf from "protobufjs";
import { StatusError } from "../status-error.ts";

/** What Kubernetes' own clients send in protobuf, and in nothing else (generated.proto of each API group, v1.36.2). */
const messages = `
  syntax = "proto2";
  message Unknown { optional TypeMeta typeMeta = 1; optional bytes raw = 2; }
  message TypeMeta { optional string apiVersion = 1; optional string kind = 2; }
  message ObjectMeta {
    optional string name = 1;
    optional string generateName = 2;
    optional string namespace = 3;
    optional string uid = 5;
    optional string resourceVersion = 6;
    map<string, string> labels = 11;
    map<string, string> annotations = 12;
    repeated string finalizers = 14;
  }
  message Preconditions { optional string uid = 1; optional string resourceVersion = 2; }
  message DeleteOptions {
    optional int64 gracePeriodSeconds = 1;
    optional Preconditions preconditions = 2;
    optional bool orphanDependents = 3;
    optional string propagationPolicy = 4;
    repeated string dryRun = 5;
  }
  message Eviction { optional ObjectMeta metadata = 1; optional DeleteOptions deleteOptions = 2; }
  message ResourceAttributes {
    optional string namespace = 1;
    optional string verb = 2;
    optional string group = 3;
    optional string version = 4;
    optional string resource = 5;
    optional string subresource = 6;
    optional string name = 7;
  }
  message NonResourceAttributes { optional string path = 1; optional string verb = 2; }
  message SelfSubjectAccessReviewSpec {
    optional ResourceAttributes resourceAttributes = 1;
    optional NonResourceAttributes nonResourceAttributes = 2;
  }
  message SelfSubjectAccessReview { optional ObjectMeta metadata = 1; optional SelfSubjectAccessReviewSpec spec = 2; }
  message SelfSubjectRulesReviewSpec { optional string namespace = 1; }
  message SelfSubjectRulesReview { optional ObjectMeta metadata = 1; optional SelfSubjectRulesReviewSpec spec = 2; }
  message NamespaceSpec { repeated string finalizers = 1; }
  message Namespace { optional ObjectMeta metadata = 1; optional NamespaceSpec spec = 2; }
  message ConfigMap {
    optional ObjectMeta metadata = 1;
    map<string, string> data = 2;
    map<string, bytes> binaryData = 3;
    optional bool immutable = 4;
  }
  message Secret {
    optional ObjectMeta metadata = 1;
    map<string, bytes> data = 2;
    optional string type = 3;
    map<string, string> stringData = 4;
    optional bool immutable = 5;
  }
  message ServiceAccount { optional ObjectMeta metadata = 1; }
`;

/** The content type of Kubernetes' protobuf. */
export const protobufType = "application/vnd.kubernetes.protobuf";

/** Every message begins with these four bytes. */
const magic = Buffer.from("k8s\0", "latin1");

let parsed: protobuf.Root | undefined;

/** The JSON that says the same as a Kubernetes object in protobuf; 400 for what is none, 415 for kinds without a definition. */
export function jsonOfProtobuf(bytes: Buffer): string {
  if (!bytes.subarray(0, magic.length).equals(magic)) {
    throw new StatusError(400, "BadRequest", "provided data does not appear to be a protobuf message");
  }
  parsed ??= protobuf.parse(messages, { keepCase: true }).root;
  const { typeMeta, raw } = decode(parsed.lookupType("Unknown"), bytes.subarray(magic.length), Array) as {
    typeMeta?: { apiVersion?: string; kind?: string };
    raw?: number[];
  };
  const { apiVersion = "", kind = "" } = typeMeta ?? {};
  if (kind === "" || parsed.get(kind) === null) {
    const message = `the simulated cluster reads kind "${kind}" in JSON and YAML, not in protobuf`;
    throw new StatusError(415, "UnsupportedMediaType", message);
  }
  const object = decode(parsed.lookupType(kind), Buffer.from(raw ?? []), String);
  // Go writes every string of the metadata, also those that are not set.
  return JSON.stringify({ apiVersion, kind, ...object, metadata: withoutEmpty(object["metadata"]) });
}

function withoutEmpty(fields: unknown): object {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([, value]) => value !== ""));
}

function decode(type: protobuf.Type, bytes: Buffer, asBytes: typeof Array | typeof String): Record<string, unknown> {
  try {
    return type.toObject(type.decode(bytes), { longs: Number, bytes: asBytes });
  } catch (error) {
    throw new StatusError(400, "BadRequest", `proto: ${type.name}: ${(error as Error).message}`);
  }
}
