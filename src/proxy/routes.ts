import { isCallerName, nameLengthMax } from "../exchange/caller-name.ts";
import { LongstopError } from "../exchange/error.ts";
import { hideVirtualKeys } from "../exchange/virtual-key.ts";
import type { EngineSettings, Target, ToolTarget } from "./settings.ts";
import { doubledVersion, isBare, lacksVersion, vendorOf, type Vendor, withVersion } from "./vendors.ts";

/** Where a request goes, and what its URL says about who is calling. */
export interface Route {
  readonly plane: "llm" | "tool";
  readonly target: Target | ToolTarget;
  /** The path at the upstream, without base path and query: `/v1/chat/completions`. */
  readonly path: string;
  /** The query with its question mark, or an empty string. */
  readonly query: string;
  readonly run: string | null;
  readonly attempt: string | null;
  readonly stage: string | null;
}

/** What a request URL says before anything is looked up. */
export interface Address {
  /** The virtual key, or null. It stands in no error and no line of the log. */
  readonly key: string | null;
  readonly run: string | null;
  readonly attempt: string | null;
  readonly stage: string | null;
  /** What is left of the path: `/v1/…`, `/u/<name>/…`, `/tools/<name>/…`. */
  readonly rest: string;
  /** The query with its question mark, or an empty string. */
  readonly query: string;
}

/** Names of upstreams and tools that a caller may use; null: all. */
export interface Access {
  readonly upstreams: ReadonlySet<string> | null;
  readonly tools: ReadonlySet<string> | null;
}

/** Prefixes that name the caller, in the only order in which they may stand. */
const prefixes = ["run", "attempt", "stage"] as const;
type Prefix = (typeof prefixes)[number];

/** Reads `/k/<key>/run/<run>/attempt/<name>/stage/<stage>`, in this order. Throws `request_malformed`. */
export function readAddress(url: string): Address {
  const questionMark = url.indexOf("?");
  const query = questionMark < 0 ? "" : url.slice(questionMark);
  const { key, rest } = readKey(questionMark < 0 ? url : url.slice(0, questionMark));
  const { names, rest: target } = readPrefixes(rest);
  return { key, ...names, rest: target, query };
}

/**
 * Finds the route of a request: behind what names the caller stands `/v1/…`, `/v1beta/…` (the vendor by
 * path, headers and query), `/u/<upstream>/…` or `/tools/<tool>/…`. `headers` has lower-case names.
 * Throws `route_unknown`, `route_forbidden` or `request_malformed`.
 */
export function findRoute(
  at: string | Address,
  headers: Readonly<Record<string, unknown>>,
  settings: EngineSettings,
  access: Access = { upstreams: null, tools: null },
): Route {
  const { rest: written, query, run, attempt, stage } = typeof at === "string" ? readAddress(at) : at;
  refuseDotSegments(written);
  const rest = withVersion(written, headers);
  const found = { query, run, attempt, stage };
  const upstreams = { of: settings.upstreams, what: "upstream", may: access.upstreams } as const;
  if (isBare(rest)) {
    const bare = bareTarget(rest, vendorOf(rest, query, headers), settings);
    return { plane: "llm", target: known(upstreams, bare), path: rest, ...found };
  }
  const [, kind = "", name = ""] = rest.split("/", 3);
  const path = rest.slice(kind.length + name.length + 2) || "/";
  if (kind === "u") return { plane: "llm", target: known(upstreams, name), path, ...found };
  if (kind === "tools") {
    const target = known({ of: settings.tools, what: "tool", may: access.tools }, name);
    return { plane: "tool", target, path, ...found };
  }
  const hint = lacksVersion(rest)
    ? " This client adds no version itself: its base URL ends in /v1, or for Gemini in /v1beta."
    : "";
  throw new LongstopError(
    "route_unknown",
    `Longstop serves /v1/…, /v1beta/…, /u/<upstream>/… and /tools/<tool>/… ` +
      `(optionally behind /run/<run>/…); ${shown(rest)} is none of these.${hint}`,
  );
}

/**
 * The path as a protocol knows it, of a URL that may be wrong in every other way: what an error is worded
 * by before its route is found.
 */
export function pathForWording(url: string, headers: Readonly<Record<string, unknown>>): string {
  const path = url.split("?", 1)[0] ?? "/";
  const rest = path.replace(/^(?:\/(?:k|run|attempt|stage)\/[^/]*)*(?:\/u\/[^/]*)?/, "");
  return withVersion(rest, headers) || "/";
}

/** The name of the upstream of a bare `/v1/…`: chosen by vendor, never tried at another one. */
function bareTarget(path: string, vendor: Vendor, settings: EngineSettings): string {
  const twice = doubledVersion(path);
  if (twice !== null) {
    throw new LongstopError(
      "route_unknown",
      `${shown(path)} has ${twice}. A client that adds the version itself, as the SDKs of Anthropic and ` +
        `Google do, needs a base URL without it.`,
    );
  }
  const { defaultOpenai: openai, defaultAnthropic: anthropic, defaultGemini: gemini } = settings;
  const name = { openai, anthropic, gemini }[vendor];
  if (name !== null) return name;
  throw new LongstopError(
    "route_unknown",
    `No upstream serves ${shown(path)} (defaults.${vendor} is not set). Name one in the path: ` +
      `/u/<upstream>${path}`,
  );
}

/**
 * Clients resolve dot segments themselves (RFC 3986 5.2.4). One that arrives here would leave the
 * target's base path, or the path that the guards look for, at an upstream that resolves it.
 */
function refuseDotSegments(path: string): void {
  // Neither stands in a request's path (RFC 9112, 3.2.1), and servers differ in what they make of it.
  if (/[#\\]/.test(path)) {
    throw new LongstopError(
      "request_malformed",
      `The path ${shown(path)} has # or a backslash in it. In a name they are %23 and %5C.`,
    );
  }
  if (!/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return;
  throw new LongstopError("request_malformed", `The path ${shown(path)} has dot segments (. or ..).`);
}

function readKey(path: string): { readonly key: string | null; readonly rest: string } {
  if (!path.startsWith("/k/")) return { key: null, rest: path };
  const end = path.indexOf("/", 3);
  return end < 0 ? { key: path.slice(3), rest: "/" } : { key: path.slice(3, end), rest: path.slice(end) };
}

function readPrefixes(path: string): { names: Record<Prefix, string | null>; rest: string } {
  const names: Record<Prefix, string | null> = { run: null, attempt: null, stage: null };
  let rest = path;
  for (const prefix of prefixes) {
    if (!rest.startsWith(`/${prefix}/`)) continue;
    const end = rest.indexOf("/", prefix.length + 2);
    if (end < 0) break;
    names[prefix] = readName(rest.slice(prefix.length + 2, end), prefix);
    rest = rest.slice(end);
  }
  if (names.run === null && (names.attempt !== null || names.stage !== null)) {
    throw new LongstopError(
      "request_malformed",
      "An attempt or a stage in the URL needs a run before it: /run/<run>/…",
    );
  }
  return { names, rest };
}

/** A run, stage or attempt as a caller wrote it; throws where it is none that can be recorded. */
export function readName(written: string, what: string): string {
  let name: string;
  try {
    name = decodeURIComponent(written);
  } catch (cause) {
    throw new LongstopError("request_malformed", `The ${what} in the URL is not percent-encoded UTF-8.`, {
      cause,
    });
  }
  if (!isCallerName(name)) {
    throw new LongstopError(
      "request_malformed",
      `A ${what} is 1 to ${nameLengthMax} characters without control characters.`,
    );
  }
  return name;
}

/**
 * The path as an upstream may understand it: unreserved characters written as themselves (RFC 3986
 * 6.2.2.2), no empty segments, no slash at the end. Another spelling of a guarded path must not
 * pass the guards by.
 */
export function pathAsMeant(path: string): string {
  if (!/%|\/\/|\/$/.test(path)) return path;
  const decoded = path.replaceAll(/%(2d|2e|5f|7e|[46][1-9a-f]|[57][0-9a]|3[0-9])/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const collapsed = decoded.replaceAll(/\/{2,}/g, "/");
  return collapsed.length > 1 ? collapsed.replace(/\/$/, "") : collapsed;
}

interface Known<T extends Target> {
  readonly of: ReadonlyMap<string, T>;
  readonly what: "upstream" | "tool";
  readonly may: ReadonlySet<string> | null;
}

function known<T extends Target>({ of: targets, what, may }: Known<T>, name: string): T {
  const target = targets.get(name);
  if (target !== undefined && may?.has(name) !== false) return target;
  const names = [...targets.keys()].filter((one) => may?.has(one) !== false).join(", ") || "none";
  if (target !== undefined) {
    const sentence = `This key does not allow the ${what} ${shown(name)}. Allowed: ${names}.`;
    throw new LongstopError("route_forbidden", sentence);
  }
  throw new LongstopError("route_unknown", `No ${what} is called ${shown(name)}. Configured: ${names}.`);
}

function shown(text: string): string {
  const safe = hideVirtualKeys(text);
  return JSON.stringify(safe.length > 80 ? `${safe.slice(0, 80)}…` : safe);
}
