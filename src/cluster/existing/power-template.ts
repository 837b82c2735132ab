import { UsageError } from "../../errors.ts";
import type { Node } from "../../kube/objects.ts";

/** A command as a user writes it, one argument an element; `{…}` stands for what is known of the node. */
export type CommandTemplate = readonly string[];

/** What may stand between braces; a JSON body's own braces never look like it. */
const placeholder = /\{([A-Za-z]+)(?::([^{}\s"']+))?\}/g;

/** Nothing that a shell, here or on a machine that ssh leads to, takes for more than text; and no option. */
const harmless = /^[A-Za-z0-9._:/@%+,=][A-Za-z0-9._:/@%+,=-]*$/;

/**
 * Checks a template as far as that can be done without a node. `where` names it in complaints.
 *
 * @throws UsageError
 */
export function checkTemplate(template: CommandTemplate, where: string): void {
  const [program = "", ...args] = template;
  if (program === "") throw new UsageError(`${where} names no program to run`);
  if (program.match(placeholder)) throw new UsageError(`${where}: the program must not depend on the node`);
  for (const [written, name = "", key] of args.flatMap((argument) => [...argument.matchAll(placeholder)])) {
    if (!Object.hasOwn(readers, name)) {
      throw new UsageError(`${where}: ${written} stands for nothing; there are ${Object.keys(readers).join(", ")}`);
    }
    if (isKeyed(name) !== (key !== undefined)) {
      throw new UsageError(`${where}: ${written} is written ${isKeyed(name) ? `{${name}:its key}` : `{${name}}`}`);
    }
  }
}

/**
 * The command for one node: as many arguments as the template has, whatever the values are.
 *
 * @throws UsageError where the node lacks what the template asks for, or its value could be more than a word
 */
export function fillTemplate(template: CommandTemplate, node: Node): string[] {
  const fill = (written: string, name: string, key = ""): string => {
    const value = readers[name]?.(node, key) ?? "";
    if (harmless.test(value)) return value;
    const { name: which } = node.metadata;
    if (value === "") throw new UsageError(`node ${which} has nothing to put in the place of ${written}`);
    throw new UsageError(
      `node ${which} has ${JSON.stringify(value)} for ${written}; only letters, digits and ._:/@%+,=- are passed on, the dash not as the first`,
    );
  };
  return template.map((argument) => argument.replaceAll(placeholder, fill));
}

const readers: Record<string, (node: Node, key: string) => string | undefined> = {
  name: (node) => node.metadata.name,
  address: (node) => node.status.addresses?.find(({ type }) => type === "InternalIP")?.address,
  hostname: (node) => node.status.addresses?.find(({ type }) => type === "Hostname")?.address,
  providerID: (node) => node.spec.providerID,
  annotation: (node, key) => node.metadata.annotations?.[key],
  label: (node, key) => node.metadata.labels?.[key],
};

function isKeyed(name: string): boolean {
  return name === "annotation" || name === "label";
}
