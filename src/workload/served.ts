import { servicePort } from "./guest-script.ts";
import { variantLabel, type Variant } from "./variant.ts";

/**
 * The same variant with a Service before it, which has a port on every node: its users' way is then asked as well as
 * its guest.
 */
export function served(variant: Variant): Variant {
  const { name } = variant;
  const ports = [{ port: servicePort, targetPort: servicePort }];
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { type: "NodePort", selector: { [variantLabel]: name }, ports },
  };
  return { ...variant, manifests: [...variant.manifests, service] };
}
