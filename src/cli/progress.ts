import type { WriteStream } from "node:tty";
import { createLogUpdate } from "log-update";
import pc from "picocolors";
import type { OnProgress, Progress } from "../experiment/progress.ts";
import { formatMs } from "../report/format.ts";

/** Shows where a run stands until it is disposed of. */
export interface ProgressView extends Disposable {
  /** The callback for one experiment; `now` reads the clock of its cluster, in milliseconds. */
  follow(experiment: string, now: () => number): OnProgress;
}

export interface ProgressOptions {
  /** The experiments to come, in order. */
  experiments: string[];
  /** Whether the cluster's time is virtual. */
  virtual: boolean;
}

/** Live on a terminal of known size, one line per stage anywhere else. */
export function showProgress(options: ProgressOptions, stream: WriteStream): ProgressView {
  return stream.isTTY && stream.rows > 0 ? liveProgress(options, stream) : plainProgress(options, stream);
}

/** One line per stage: for logs. */
function plainProgress({ virtual }: ProgressOptions, stream: Pick<WriteStream, "write">): ProgressView {
  return {
    follow: (experiment) => (progress) => {
      const at = `${formatMs(progress.atMs)}${virtual ? " virtual" : ""}`;
      stream.write(`${experiment}: ${progress.stage}${limitOf(progress)} (at ${at})\n`);
    },
    [Symbol.dispose]: () => {},
  };
}

interface Follow {
  now: () => number;
  progress: Progress;
  startedAt: number;
}

const redrawMs = 100;

function liveProgress({ experiments, virtual }: ProgressOptions, stream: WriteStream): ProgressView {
  const screen = createLogUpdate(stream);
  const finished = new Map<string, string>();
  const running = new Map<string, Follow>();
  const draw = (): void => screen(experiments.map((id) => finished.get(id) ?? lineOf(id, running.get(id))).join("\n"));
  const times = ({ now, startedAt }: Follow): string => {
    const real = `${formatMs(performance.now() - startedAt)} real`;
    return pc.dim(virtual ? `${formatMs(now())} virtual, ${real}` : real);
  };
  const lineOf = (id: string, follow?: Follow): string => {
    if (!follow) return pc.dim(`  ${id}`);
    return `${pc.cyan("▸")} ${id}  ${follow.progress.stage}${limitOf(follow.progress, follow.now())}  ${times(follow)}`;
  };
  const timer = setInterval(draw, redrawMs);
  return {
    follow: (id, now) => {
      const startedAt = performance.now();
      return (progress) => {
        const follow = { now, progress, startedAt };
        if (progress.stage === "done") finished.set(id, `${pc.dim("■")} ${id}  ${times(follow)}`);
        else running.set(id, follow);
        draw();
      };
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      draw();
      screen.done();
    },
  };
}

/** How much of the stage is left, where that is known. */
function limitOf({ atMs, untilMs }: Progress, nowMs = atMs): string {
  return untilMs === null ? "" : `, ${formatMs(Math.max(0, untilMs - nowMs))} left at most`;
}
