import type { Timer } from "../clock/clock.ts";
import { ApiError } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { helperLabel } from "../cluster/existing/surroundings.ts";
import { EnvironmentError, messageOf } from "../errors.ts";
import type { KubeObject } from "../kube/objects.ts";
import { leases, pods } from "../kube/resources.ts";

/** The namespace in which runs keep what they share through a cluster; it is made where it is missing, and stays. */
export const home = "rebound";

/** A holder that does not renew it for so long has lost it. */
const durationSeconds = 60;
const renewMs = 20_000;

const name = "rebound";

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number };
}

/** A cluster that is ours alone for as long as this is not disposed of. */
export interface HeldLease extends AsyncDisposable {
  /** Aborted, with the reason, once that cannot be relied on any more. */
  readonly lost: AbortSignal;
}

type Api = Pick<Cluster, "kube" | "clock">;

/**
 * Takes the lease that keeps two runs on one cluster apart, whatever machines they run on, and removes the helpers
 * that an earlier one left.
 *
 * @param holder who takes it, in words for whoever is refused
 * @param isDead tells of a holder whether it is known to be dead; any other is waited for until it does not renew
 * @throws EnvironmentError where another run holds it
 */
export async function takeLease(
  api: Api,
  holder: string,
  isDead: (holder: string) => boolean,
  signal?: AbortSignal,
): Promise<HeldLease> {
  await api.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: home } }).catch(unlessThere);
  const found = await find(api);
  if (found === null) await create(api, holder);
  else {
    const before = holderOf(found);
    if (before !== "" && !isDead(before)) await mustBeOver(api, found, signal);
    await write(api, holder, found);
  }
  await removeHelpers(api);
  return new RenewedLease(api, holder);
}

/** Whoever made them is dead: the lease is ours. */
async function removeHelpers({ kube }: Api): Promise<void> {
  const left = await kube.list<KubeObject>(pods, { namespace: home, labelSelector: helperLabel });
  for (const { metadata } of left) await kube.delete(pods, metadata.name, home, { gracePeriodSeconds: 0 });
}

function find({ kube }: Api): Promise<Lease | null> {
  return kube.get<Lease>(leases, name, home);
}

function holderOf(lease: Lease | null): string {
  return lease?.spec?.holderIdentity ?? "";
}

/** Whether it is renewed is watched for as long as a renewal takes at most: no two machines' clocks are compared. */
async function mustBeOver(api: Api, lease: Lease, signal?: AbortSignal): Promise<void> {
  await api.clock.sleep((lease.spec?.leaseDurationSeconds ?? durationSeconds) * 1000, signal);
  const now = await find(api);
  if (holderOf(now) !== "" && now!.metadata.resourceVersion !== lease.metadata.resourceVersion) {
    throw new LeaseTakenError(holderOf(now));
  }
}

async function create(api: Api, holder: string): Promise<void> {
  const metadata = { name, namespace: home };
  const lease = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: specOf(api, holder) };
  await api.kube.create(lease).catch(refuseIfTaken);
}

/** @throws EnvironmentError where somebody wrote it since it was read */
async function write(api: Api, holder: string, { metadata: { resourceVersion } }: Lease): Promise<void> {
  const patch = { metadata: { resourceVersion }, spec: specOf(api, holder) };
  await api.kube.mergePatch(leases, name, home, patch).catch(refuseIfTaken);
}

function specOf({ clock }: Api, holderIdentity: string) {
  // The API server takes microseconds, and six digits of them.
  const renewTime = clock.wall().toISOString().replace("Z", "000Z");
  return { holderIdentity, leaseDurationSeconds: durationSeconds, renewTime };
}

/** Another run holds it. */
class LeaseTakenError extends EnvironmentError {
  constructor(holder: string) {
    super(`${holder} is at work on this cluster (lease ${home}/${name}); wait for it, or end it`);
  }
}

function refuseIfTaken(error: unknown): never {
  throw error instanceof ApiError && error.code === 409 ? new LeaseTakenError("another run") : error;
}

function unlessThere(error: unknown): void {
  if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
}

/** Renews the lease until it is disposed of. */
class RenewedLease implements HeldLease {
  readonly #api: Api;
  readonly #holder: string;
  readonly #lost = new AbortController();
  #timer: Timer;
  #renewedMs: number;
  #renewing: Promise<void> = Promise.resolve();

  constructor(api: Api, holder: string) {
    this.#api = api;
    this.#holder = holder;
    this.#renewedMs = api.clock.now();
    this.#timer = this.#renewLater();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.cancel();
    await this.#renewing;
    this.#timer.cancel();
    const lease = await find(this.#api);
    if (lease !== null && holderOf(lease) === this.#holder) await write(this.#api, "", lease);
  }

  #renewLater(): Timer {
    return this.#api.clock.after(renewMs, () => {
      this.#renewing = this.#renew().catch((error: unknown) => this.#lost.abort(error));
    });
  }

  /** @throws EnvironmentError where it is another's by now, or could not be renewed for too long */
  async #renew(): Promise<void> {
    const askedMs = this.#api.clock.now();
    try {
      const lease = await find(this.#api);
      if (lease === null || holderOf(lease) !== this.#holder)
        throw new LeaseTakenError(holderOf(lease) || "another run");
      await write(this.#api, this.#holder, lease);
      this.#renewedMs = askedMs;
    } catch (error) {
      if (error instanceof LeaseTakenError) throw error;
      if (this.#api.clock.now() - this.#renewedMs > durationSeconds * 1000) {
        const why = `the lease ${home}/${name} of the cluster could not be renewed: ${messageOf(error)}`;
        throw new EnvironmentError(why, { cause: error });
      }
    }
    this.#timer = this.#renewLater();
  }
}
