import { LongstopError } from "../exchange/error.ts";
import type { EngineSettings, Target, ToolTarget } from "./settings.ts";

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

/** Prefixes that name the caller, in the only order in which they may stand. */
const prefixes = ["run", "attempt", "stage"] as const;
type Prefix = (typeof prefixes)[number];

/** Longest name of a run, stage or attempt, in characters. */
export const nameLengthMax = 256;

/**
 * Finds the route of a request URL: `/run/<run>/attempt/<name>/stage/<stage>` in this order, then
 * `/v1/…` (the vendor by path and `anthropic-version`), `/u/<upstream>/…` or `/tools/<tool>/…`.
 * Throws `route_unknown` or `request_malformed`.
 */
export function findRoute(url: string, anthropicVersion: boolean, settings: EngineSettings): Route {
  const questionMark = url.indexOf("?");
  const query = questionMark < 0 ? "" : url.slice(questionMark);
  const { names, rest } = readPrefixes(questionMark < 0 ? url : url.slice(0, questionMark));
  const [, kind = "", name = ""] = rest.split("/", 3);
  refuseDotSegments(rest);
  const found = { query, ...names };
  if (kind === "v1") {
    const target = bareTarget(rest, anthropicVersion || isAnthropicPath(rest), settings);
    return { plane: "llm", target, path: rest, ...found };
  }
  const path = rest.slice(kind.length + name.length + 2) || "/";
  if (kind === "u") {
    return { plane: "llm", target: known(settings.upstreams, name, "upstream"), path, ...found };
  }
  if (kind === "tools") {
    return { plane: "tool", target: known(settings.tools, name, "tool"), path, ...found };
  }
  throw new LongstopError(
    "route_unknown",
    `Longstop serves /v1/…, /u/<upstream>/… and /tools/<tool>/… (optionally behind /run/<run>/…); ` +
      `${shown(rest)} is none of these.`,
  );
}

/** The upstream of a bare `/v1/…`: chosen by vendor, never tried at the other one. */
function bareTarget(path: string, anthropic: boolean, settings: EngineSettings): Target {
  if (path.startsWith("/v1/v1/")) {
    throw new LongstopError(
      "route_unknown",
      `${shown(path)} has /v1 twice. A client that adds /v1 itself, as Anthropic's SDK does, needs a base ` +
        `URL without it.`,
    );
  }
  const name = anthropic ? settings.defaultAnthropic : settings.defaultOpenai;
  if (name !== null) return known(settings.upstreams, name, "upstream");
  const vendor = anthropic ? "anthropic" : "openai";
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
  if (!/\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return;
  throw new LongstopError("request_malformed", `The path ${shown(path)} has dot segments (. or ..).`);
}

function isAnthropicPath(path: string): boolean {
  return path === "/v1/messages" || path.startsWith("/v1/messages/");
}

function readPrefixes(path: string): { names: Record<Prefix, string | null>; rest: string } {
  const names: Record<Prefix, string | null> = { run: null, attempt: null, stage: null };
  let rest = path;
  if (rest.startsWith("/k/")) {
    throw new LongstopError(
      "route_unknown",
      "Virtual keys (/k/…) need `tenancy: keys`, which is not on here.",
    );
  }
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
  if (name.length === 0 || name.length > nameLengthMax || hasControlCharacter(name)) {
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
  const decoded = path.replaceAll(/%(2d|2e|5f|7e|[46][1-9a-f]|[57][0-9a]|3[0-9])/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const collapsed = decoded.replaceAll(/\/{2,}/g, "/");
  return collapsed.length > 1 ? collapsed.replace(/\/$/, "") : collapsed;
}

function hasControlCharacter(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return true;
  }
  return false;
}

function known<T extends Target>(targets: ReadonlyMap<string, T>, name: string, what: string): T {
  const target = targets.get(name);
  if (target !== undefined) return target;
  const names = [...targets.keys()].join(", ") || "none";
  throw new LongstopError("route_unknown", `No ${what} is called ${shown(name)}. Configured: ${names}.`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
