import assert from "node:assert/strict";
import type { VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import { Lab, type LabOptions } from "./lab.ts";

export const migrationResource = "virtualmachineinstancemigrations";

/** A lab with one VM that serves, on the victim. */
export async function runningVm(options: LabOptions = {}): Promise<Lab> {
  const lab = new Lab(options);
  lab.cordonOthers(true);
  await lab.createVm("vm", "Always");
  lab.run(25);
  lab.cordonOthers(false);
  return lab;
}

/** The migrations of that VM. */
export function migrationsOf(lab: Lab, vm: string): VirtualMachineInstanceMigration[] {
  return lab.simulation.store
    .list<VirtualMachineInstanceMigration>(migrationResource, "lab")
    .filter(({ spec }) => spec.vmiName === vm);
}

/** Lets time pass until it is so, a minute at most. */
export function until(lab: Lab, holds: () => boolean, seconds = 60): void {
  const end = lab.now + seconds * 1000;
  while (!holds()) {
    assert.ok(lab.now < end, "it never came to that");
    lab.run(0.05);
  }
}

/** Why the migration failed, as its event says. */
export const failure = (lab: Lab, migration: VirtualMachineInstanceMigration): string | undefined =>
  lab
    .eventsOf("VirtualMachineInstanceMigration", migration.metadata.name)
    .find(({ reason }) => reason === "FailedMigration")?.message;
