/** A refusal by the API server: the HTTP code, and reason and message of its Status, where it sent one. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: number;
  /** Machine-readable, e.g. `NotFound`, `AlreadyExists`, `Expired`; empty where the answer was no Status. */
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }

  /** Reads an answer's body: a Status, or, from a proxy in between, anything. */
  static fromBody(code: number, body: string): ApiError {
    const status = parseStatus(body);
    if (status !== null) return ApiError.fromStatus(status, code);
    const text = body.replace(/\s+/g, " ").trim().slice(0, 200);
    return new ApiError(code, "", `the API server answered ${code}${text === "" ? "" : `: ${text}`}`);
  }

  static fromStatus(status: Status, code = 500): ApiError {
    const reason = status.reason ?? "";
    return new ApiError(status.code ?? code, reason, status.message || reason || `the API server answered ${code}`);
  }
}

/** `kind: Status`, as the API server answers and as it ends a watch. */
export interface Status {
  kind: "Status";
  code?: number;
  reason?: string;
  message?: string;
}

function parseStatus(body: string): Status | null {
  try {
    const parsed = JSON.parse(body) as { kind?: unknown } | null;
    return parsed?.kind === "Status" ? (parsed as Status) : null;
  } catch {
    return null;
  }
}

/** Whether the answer was that there is no such object. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

/** Whether a list or watch must begin anew: its place in the history is no longer kept. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === "Expired" || error.reason === "Gone");
}
