import type { KubeClient } from "../cluster/kube-client.ts";
import { EnvironmentError } from "../errors.ts";
import type { KubeObject } from "../kube/objects.ts";
import { configMaps } from "../kube/resources.ts";
import { home } from "./cluster-lease.ts";
import { outstandingOf, undoLine, type Registered, type UndoJournal, type UndoLine } from "./undo-journal.ts";

const name = "rebound-undo";

interface ConfigMap extends KubeObject {
  data?: { run: string; journal: string };
}

/** What an interrupted run left in the cluster that it ran on. */
export interface Left {
  run: string;
  lines: UndoLine[];
}

/**
 * An undo journal in the cluster that is broken, for whoever finds it so and is not on the machine that did it: a
 * ConfigMap in the namespace `rebound`, there for as long as anything is to be undone. The lease guards it.
 */
export class ClusterJournal implements UndoJournal {
  readonly run: string;
  readonly #kube: KubeClient;
  #lines: UndoLine[];

  constructor(kube: KubeClient, { run, lines }: Left) {
    this.#kube = kube;
    this.run = run;
    this.#lines = lines;
  }

  /** @throws EnvironmentError where it is there and cannot be read */
  static async find(kube: KubeClient): Promise<Left | null> {
    const found = await kube.get<ConfigMap>(configMaps, name, home);
    if (found === null) return null;
    const { run = "", journal = "" } = found.data ?? {};
    try {
      return { run, lines: journal.split("\n").map((text) => undoLine.parse(JSON.parse(text))) };
    } catch (error) {
      const what = `the ConfigMap ${home}/${name} of an earlier run is not of this version of Rebound`;
      throw new EnvironmentError(`${what}; undo it with the version that wrote it`, { cause: error });
    }
  }

  get outstanding(): Registered[] {
    return outstandingOf(this.#lines);
  }

  async register({ id, step }: Registered): Promise<void> {
    await this.#append({ register: id, step });
  }

  async markDone(id: number): Promise<void> {
    await this.#append({ done: id });
  }

  async #append(line: UndoLine): Promise<void> {
    const lines = [...this.#lines, line];
    if (outstandingOf(lines).length > 0) {
      await this.#write(lines);
      this.#lines = lines;
    } else {
      await this.#kube.delete(configMaps, name, home);
      this.#lines = [];
    }
  }

  async #write(lines: UndoLine[]): Promise<void> {
    const data = { run: this.run, journal: lines.map((line) => JSON.stringify(line)).join("\n") };
    if ((await this.#kube.get(configMaps, name, home)) !== null) {
      await this.#kube.mergePatch(configMaps, name, home, { data });
      return;
    }
    const metadata = { name, namespace: home };
    await this.#kube.create({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
  }
}
