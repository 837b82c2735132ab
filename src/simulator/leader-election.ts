/**
 * How leaders are found (client-go/tools/leaderelection; component-base/config, leaderelectionconfig): a lease that
 * others do not touch before it is over, given up by a leader who cannot renew it for a while, and tried for this often.
 */
export const leaderElection = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 } as const;

/** A leader's client waits this long for an answer; a slower API server costs it its lease (resourcelock: NewFromKubeconfig). */
export const leaderPatienceMs = leaderElection.renewDeadlineMs / 2;
