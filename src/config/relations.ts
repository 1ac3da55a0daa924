import { adminFindings } from "./admin-relations.ts";
import { hostProblem, isLoopback, isOwnAddress, urlProblems } from "./address.ts";
import { decisionFindings } from "./decision-relations.ts";
import { isRecord } from "./defaults.ts";
import { show } from "./fault.ts";
import { nearest } from "../validators/nearest.ts";
import { type Path, valueAt, writePath } from "./path.ts";
import type { Finding } from "./schema-faults.ts";
import { turnFindings } from "./turn-rules.ts";
import { tenancyFindings } from "./tenancy-relations.ts";
import { toolRuleFindings } from "./tool-relations.ts";

/** Whose paths may come without the name of an upstream. */
const vendors = ["openai", "anthropic", "gemini"] as const;

/** The configuration with its defaults, parts of which may be faulty. */
export interface Tree {
  readonly root: unknown;
  /** False where a fault was found at the path, above it or below it: then it says nothing. */
  readonly isSound: (path: Path) => boolean;
  /** False where the value is a default. */
  readonly isWritten: (path: Path) => boolean;
}

/** What a schema cannot say: relations between values, and the meaning of hosts, URLs and names. */
export function relationFindings(tree: Tree): readonly Finding[] {
  return [
    ...hostFindings(tree),
    ...adminFindings(tree),
    ...defaultFindings(tree),
    ...targetFindings(tree, "upstreams"),
    ...targetFindings(tree, "tools"),
    ...headerFindings(tree),
    ...toolRuleFindings(tree),
    ...decisionFindings(tree),
    ...boundFindings(tree),
    ...tenancyFindings(tree),
    ...turnFindings(tree),
  ];
}

/** The value at a path, or undefined where it is faulty. */
function sound(tree: Tree, path: Path): unknown {
  return tree.isSound(path) ? valueAt(tree.root, path) : undefined;
}

function soundText(tree: Tree, ...path: Path): string | undefined {
  const value = sound(tree, path);
  return typeof value === "string" ? value : undefined;
}

function soundNumber(tree: Tree, ...path: Path): number | undefined {
  const value = sound(tree, path);
  return typeof value === "number" ? value : undefined;
}

function hostFindings(tree: Tree): readonly Finding[] {
  const host = soundText(tree, "listen", "host");
  if (host === undefined) return [];
  const at = { path: ["listen", "host"], part: "value", found: show(host) } as const;
  const problem = hostProblem(host);
  if (problem !== undefined) return [{ ...at, expected: "an IP address or a host name", hint: problem }];
  if (isLoopback(host) || sound(tree, ["listen", "trustedNetwork"]) !== false) return [];
  if (sound(tree, ["tenancy"]) !== "single") return [];
  const hint =
    "Whoever reaches the gateway may use it. Set tenancy: keys, so that only who has a key may; or, where " +
    "everyone on this network is trusted, listen.trustedNetwork: true.";
  return [{ ...at, expected: "a loopback address such as 127.0.0.1", hint }];
}

function defaultFindings(tree: Tree): readonly Finding[] {
  const upstreams = valueAt(tree.root, ["upstreams"]);
  if (!isRecord(upstreams)) return [];
  const names = Object.keys(upstreams);
  return vendors.flatMap((vendor): readonly Finding[] => {
    const path = ["defaults", vendor];
    const name = soundText(tree, ...path);
    if (name === undefined || names.includes(name)) return [];
    const near = nearest(name, names, 1)[0];
    const hint =
      near === undefined ? "Write null to serve no paths that name no upstream." : `Did you mean ${near}?`;
    const expected =
      names.length === 0 ? "null: there are no upstreams" : `one of the upstreams ${names.join(", ")}`;
    return [{ path, part: "value", expected, found: show(name), hint }];
  });
}

function targetFindings(tree: Tree, section: "upstreams" | "tools"): readonly Finding[] {
  const targets = valueAt(tree.root, [section]);
  if (!isRecord(targets)) return [];
  return Object.keys(targets).flatMap((name) => {
    const path = [section, name, "url"];
    const url = soundText(tree, ...path);
    if (url === undefined) return [];
    const problems = urlProblems(url);
    const problem =
      problems.length > 0 ? problems.join("; ") : pointlessUrl(tree, section, name, new URL(url));
    return problem === undefined
      ? []
      : [{ path, part: "value" as const, expected: problem, found: show(url) }];
  });
}

/** A URL that is right in itself and still cannot work. */
function pointlessUrl(
  tree: Tree,
  section: "upstreams" | "tools",
  name: string,
  url: URL,
): string | undefined {
  const host = soundText(tree, "listen", "host");
  const port = soundNumber(tree, "listen", "port");
  if (host !== undefined && port !== undefined && isOwnAddress(url, host, port)) {
    return "another server: this is the gateway's own address, and each request would go round in circles";
  }
  const version = /\/(v1(?:beta|alpha)?)\/?$/.exec(url.pathname);
  if (section === "tools" || version === null || !isDefault(tree, name)) return undefined;
  const base = `${url.origin}${url.pathname.slice(0, version.index)}`;
  const prefix = `/${version[1]}`;
  return `${base}, without ${prefix}: this upstream serves bare paths, which begin with ${prefix} already`;
}

function isDefault(tree: Tree, name: string): boolean {
  return vendors.some((vendor) => {
    const chosen = sound(tree, ["defaults", vendor]);
    return chosen === undefined ? name === vendor : chosen === name;
  });
}

/** Headers that mean something else already, or that a proxy must not pass on (RFC 9110, 7.6.1). */
const reservedHeaders = new Set([
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** True for a header that cannot carry an idempotency key. */
export function reservedHeader(name: string): boolean {
  const header = name.toLowerCase();
  return reservedHeaders.has(header) || header.startsWith("longstop-");
}

function headerFindings(tree: Tree): readonly Finding[] {
  const tools = valueAt(tree.root, ["tools"]);
  if (!isRecord(tools)) return [];
  return Object.keys(tools).flatMap((name): readonly Finding[] => {
    const path = ["tools", name, "idempotencyHeader"];
    const header = soundText(tree, ...path)?.toLowerCase();
    if (header === undefined || !reservedHeader(header)) return [];
    const expected = "the header in which the tool expects an idempotency key";
    return [{ path, part: "value", expected, found: `${show(header)}, which has another meaning` }];
  });
}

/** Each pair: what must not be more than what, in one unit. The factor turns the second into the first's. */
const bounds: readonly {
  readonly low: Path;
  readonly high: Path;
  readonly factor: number;
  readonly why: string;
}[] = [
  {
    low: ["hold", "heldBytesMax"],
    high: ["limits", "answerBytesMax"],
    factor: 1,
    why: "What is held of a stream is part of an answer that is looked at.",
  },
  {
    low: ["effects", "effectBodyBytesMax"],
    high: ["limits", "answerBytesMax"],
    factor: 1,
    why: "An answer that is recorded whole before it leaves is held in memory.",
  },
  {
    low: ["hold", "preambleMs"],
    high: ["hold", "heldSecondsMax"],
    factor: 1000,
    why: "Waiting for the first text is part of holding.",
  },
  {
    low: ["hold", "keepAliveSeconds"],
    high: ["hold", "heldSecondsMax"],
    factor: 1,
    why: "Comments are sent while holding, so this one would never be.",
  },
  {
    low: ["deadlines", "marginSecondsMin"],
    high: ["deadlines", "marginSecondsMax"],
    factor: 1,
    why: "No margin is more than the one and less than the other.",
  },
];

function boundFindings(tree: Tree): readonly Finding[] {
  return bounds.flatMap(({ low, high, factor, why }): readonly Finding[] => {
    const least = soundNumber(tree, ...low);
    const most = soundNumber(tree, ...high);
    if (least === undefined || most === undefined || least <= most * factor) return [];
    // The user looks for the fault in what the user wrote.
    const [path, found, expected] =
      tree.isWritten(low) || !tree.isWritten(high)
        ? [low, least, `at most ${most * factor}, because ${writePath(high)} is ${most}`]
        : [high, most, `at least ${Math.ceil(least / factor)}, because ${writePath(low)} is ${least}`];
    return [{ path, part: "value", expected, found: show(found), hint: why }];
  });
}
