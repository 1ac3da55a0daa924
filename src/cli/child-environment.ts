import { isLoopback } from "../config/address.ts";
import type { Environment } from "../config/secrets.ts";

/** What a command is to be run under. */
export interface RunPlace {
  /** The gateway's URL, without a slash at its end. */
  readonly gateway: string;
  /** The virtual key, where the gateway asks for one. */
  readonly key: string | null;
  readonly run: string;
  readonly attempt: string;
  readonly stage: string | null;
}

export interface ChildEnvironment {
  readonly variables: Environment;
  /** What of the user's own environment does not hold for the command, a sentence each, without a secret. */
  readonly warnings: readonly string[];
}

/** The environment of a command whose clients are to come through the gateway, as part of a run. */
export function childEnvironment(environment: Environment, place: RunPlace): ChildEnvironment {
  const set = variablesOf(place);
  const direct = directTo(place.gateway, environment);
  const { LONGSTOP_STAGE: _ofAnotherRun, ...rest } = environment;
  return {
    variables: { ...rest, ...set.own, ...set.clients, ...direct.variables },
    warnings: [...replaced(set.clients, environment), ...direct.warnings],
  };
}

/**
 * What clients read their base URL from (and the file that says so), and what is for the command itself:
 *
 * - `OPENAI_BASE_URL`, with the version: openai for Node (`client.ts`) and for Python (`_client.py`),
 *   `@ai-sdk/openai` (`openai-provider.ts`), LiteLLM
 * - `OPENAI_API_BASE`, with the version: LangChain's `ChatOpenAI` for Node and Python, which prefers it, and
 *   openai for Python before 1.0
 * - `ANTHROPIC_BASE_URL`, without: @anthropic-ai/sdk (`client.ts`), anthropic for Python (`_client.py`),
 *   Claude Code (https://code.claude.com/docs/en/llm-gateway-protocol); `@ai-sdk/anthropic` adds no version,
 *   and the gateway does
 * - `ANTHROPIC_API_URL`, without: LangChain's `ChatAnthropic` for Node and Python, which prefers it
 * - `ANTHROPIC_API_BASE`, without: LiteLLM (`llms/anthropic/common_utils.py`), which prefers it
 * - `GOOGLE_GEMINI_BASE_URL`, without: `@google/genai` (`client.ts`), google-genai for Python
 *   (`_base_url.py`)
 */
function variablesOf({ gateway, key, run, attempt, stage }: RunPlace): {
  readonly own: Readonly<Record<string, string>>;
  readonly clients: Readonly<Record<string, string>>;
} {
  const door = key === null ? "" : `/k/${key}`;
  const step = stage === null ? "" : `/stage/${encodeURIComponent(stage)}`;
  const of = `/run/${encodeURIComponent(run)}/attempt/${encodeURIComponent(attempt)}`;
  const base = `${gateway}${door}${of}${step}`;
  return {
    own: {
      LONGSTOP_RUN: run,
      LONGSTOP_ATTEMPT: attempt,
      ...(stage === null ? {} : { LONGSTOP_STAGE: stage }),
      LONGSTOP_URL: base,
      LONGSTOP_TOOLS_URL: `${base}/tools`,
    },
    clients: {
      OPENAI_BASE_URL: `${base}/v1`,
      OPENAI_API_BASE: `${base}/v1`,
      ANTHROPIC_BASE_URL: base,
      ANTHROPIC_API_URL: base,
      ANTHROPIC_API_BASE: base,
      GOOGLE_GEMINI_BASE_URL: base,
    },
  };
}

function replaced(clients: Readonly<Record<string, string>>, environment: Environment): readonly string[] {
  return Object.entries(clients).flatMap(([name, value]) => {
    const before = environment[name] ?? "";
    if (before === "" || before === value) return [];
    // What stands behind the host may be a key.
    const shown = URL.canParse(before) ? ` (at ${new URL(before).host})` : "";
    return [`${name} was set${shown}; the command gets the gateway's.`];
  });
}

/** Variables that name the hosts that are called without a proxy; programs differ in which they read. */
const exceptions = ["no_proxy", "NO_PROXY"] as const;

/** Keeps calls of a gateway on this machine from a proxy, which would look for it on its own machine. */
function directTo(gateway: string, environment: Environment): ChildEnvironment {
  const { protocol, hostname } = new URL(gateway);
  const scheme = protocol.slice(0, -1);
  const proxy = [scheme, "all"]
    .flatMap((one) => [`${one}_proxy`, `${one.toUpperCase()}_PROXY`])
    .find((name) => (environment[name] ?? "").trim() !== "");
  if (proxy === undefined || !isLoopback(hostname)) return { variables: {}, warnings: [] };
  const hosts = new Set(["127.0.0.1", "localhost", hostname.replace(/^\[|\]$/g, "")]);
  const written = exceptions.map((name, i) => {
    const list = environment[name] ?? environment[exceptions[1 - i] ?? name] ?? "";
    const named = new Set(list.split(/[\s,]+/).filter((entry) => entry !== ""));
    const missing = named.has("*") ? [] : [...hosts].filter((host) => !named.has(host));
    return { name, value: [...named, ...missing].join(","), missing };
  });
  if (written.every(({ missing }) => missing.length === 0)) return { variables: {}, warnings: [] };
  return {
    variables: Object.fromEntries(written.map(({ name, value }) => [name, value])),
    warnings: [
      `${proxy} would send calls of the gateway to a proxy; for the command NO_PROXY names ` +
        `${[...hosts].join(", ")} too.`,
    ],
  };
}
