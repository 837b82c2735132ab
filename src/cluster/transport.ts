/** A request to an API server; `path` begins with a slash and includes the query. */
export interface HttpRequest {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** Cuts the exchange, the reading of its answer included. */
  signal?: AbortSignal;
}

/** An answer whose headers have arrived. Its body is read once, in one of the two ways. */
export interface HttpResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** The whole body. */
  text(): Promise<string>;
  /**
   * Calls `line` with every complete line as it arrives, without its newline. Resolves when the server ends
   * the body in order; rejects when the stream breaks, the request is aborted, or `line` throws.
   */
  lines(line: (text: string) => void): Promise<void>;
}

/** How requests get to an API server and answers back: over the network, or by a call in the same process. */
export interface Transport extends AsyncDisposable {
  send(request: HttpRequest): Promise<HttpResponse>;
}
