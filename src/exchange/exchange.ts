// The vocabulary of the gateway: who is calling, and what an exchange is. The files of this folder
// import nothing but each other.

/** Where an exchange enters: on its way to a model, to an HTTP tool, or to an MCP server. */
export type Plane = "llm" | "tool" | "mcp";

/** One execution of an agent or a pipeline. `id` is null for an anonymous run: no id was given. */
export interface Run {
  readonly id: string | null;
  readonly stage: string | null;
  readonly attempt: string | null;
}

/** Who is calling. Nothing is ever shared between tenants. */
export interface Caller {
  readonly tenant: string;
  readonly run: Run;
  readonly agent: string | null;
}

/** One request and its response. */
export interface Exchange {
  /** Unique for each exchange; the request id that the client is told. */
  readonly id: string;
  readonly plane: Plane;
  readonly protocol: string;
  readonly caller: Caller;
  /** The name of the upstream as the configuration has it. */
  readonly target: string;
  /** Aborted when the work on this exchange must end (client gone, deadline, shutdown). */
  readonly signal: AbortSignal;
}
