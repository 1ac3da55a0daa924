import { momentNames } from "../exchange/moments.ts";
import { isLoopback } from "./address.ts";
import type { Config, EncryptionConfig, LedgerConfig, PostConfig } from "./config.ts";
import type { Duties, Duty } from "./duties.ts";
import { deadlineLines } from "./explain-deadlines.ts";
import { credentialOf, keyPlaces, sourceOf, tenancyRows } from "./explain-tenancy.ts";
import { toolRows } from "./explain-tools.ts";
import { gainsOf } from "./gains.ts";
import { viaProxy, type OutgoingProxies } from "./outgoing-proxy.ts";
import { writeBytes, writeMs } from "./units.ts";

/** The configuration in sentences, for people: what is served, who watches, what is off. */
export function explainConfig(
  config: Config,
  duties: Duties,
  file: string | null,
  proxies: OutgoingProxies = new Map(),
): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ["Address", addressLines(config, file)],
    ["Who is calling", [...table(tenancyRows(config)), ...keyPlaces(config)]],
    ["Served", table(servedRows(config, proxies))],
    ["Watched, in this order", watchedLines(config, duties)],
    ["Answers of models", turnLines(config)],
    ["Deadlines of clients", deadlineLines(config)],
    ["Effects of tools", effectLines(config)],
    ["Limits", table(limitRows(config))],
    ["Ledger", ledgerLines(config.ledger)],
    ["Off", offLines(config, duties)],
    ["What a client gets for what it tells", gainsOf(config, duties)],
  ];
  const written = sections.map(
    ([title, lines]) => `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`,
  );
  return written.join("\n");
}

/** `http://host:port`, with an IPv6 address in brackets (RFC 3986, 3.2.2). */
export function addressUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function addressLines(
  { listen, tenancy, drainSeconds, log }: Config,
  file: string | null,
): readonly string[] {
  const reach = isLoopback(listen.host)
    ? "only this machine can reach it"
    : tenancy === "keys"
      ? "other machines can reach it, and need a key"
      : "everyone who can reach this host may use it (listen.trustedNetwork)";
  return [
    `${addressUrl(listen)}: ${reach}`,
    `log from ${log.level}, format ${log.format}`,
    `after SIGTERM exchanges in flight have ${writeMs(drainSeconds * 1000)} to end`,
    file === null ? "no configuration file: the defaults hold" : `configuration from ${file}`,
  ];
}

function servedRows(config: Config, proxies: OutgoingProxies): readonly (readonly string[])[] {
  const { upstreams, defaults, unguarded, statefulRequests } = config;
  const vendor = (name: string | null): string =>
    name === null ? "nobody: refused with 404" : `${name} (${upstreams[name]?.url ?? ""})`;
  return [
    ["/v1/messages, /v1/* with anthropic-version", vendor(defaults.anthropic)],
    ["/v1beta/*, /v1/* with x-goog-api-key", vendor(defaults.gemini)],
    ["/v1/*", vendor(defaults.openai)],
    ...Object.entries(upstreams).map(([name, { url, apiKey, http2 }]) => [
      `/u/${name}/*`,
      `${url} with ${credentialOf(apiKey)}${http2 === "auto" ? ", over HTTP/2 where it is offered" : ""}` +
        viaProxy(proxies.get(`upstreams.${name}`)),
    ]),
    ...toolRows(config, proxies),
    ["paths past the posts, such as batches", unguarded === "pass" ? "pass unguarded" : "refused"],
    ["conversations that the provider keeps", statefulWords[statefulRequests]],
    ["/-/health, /-/ready", "the gateway itself"],
  ];
}

const statefulWords = {
  hydrate: "seen as far as they went through here",
  refuse: "refused",
  pass: "pass unseen",
} as const;

function watchedLines(config: Config, duties: Duties): readonly string[] {
  const watched = momentNames.filter((moment) => duties[moment].length > 0);
  if (watched.length === 0) return ["no moment is watched: every byte passes as it came"];
  const lines = watched.flatMap((moment) => [
    moment,
    ...table(duties[moment].map((duty, index) => dutyRow(duty, index))).map((line) => `  ${line}`),
  ]);
  const { repair, hold } = config;
  if (duties.call.length === 0) return lines;
  return [
    ...lines,
    repair.attemptsMax === 0
      ? "a turn with a blocked call is refused at once"
      : `a turn with a blocked call is asked again, at most ${repair.attemptsMax} times`,
    `a stream is held from its first call on: at most ${writeBytes(hold.heldBytesMax)}, ` +
      `${writeMs(hold.heldSecondsMax * 1000)}, a comment every ${writeMs(hold.keepAliveSeconds * 1000)}`,
  ];
}

function dutyRow({ post, planes }: Duty, index: number): readonly string[] {
  return [`${index + 1}. ${post.guard}`, post.mode, failureOf(post), `on ${planes.join(", ")}`];
}

function failureOf({ mode, onError }: PostConfig): string {
  if (mode === "report") return "passes if it fails";
  return onError === "block" ? "blocks if it fails" : "passes if it fails";
}

function effectLines({ effects, tools }: Config): readonly string[] {
  if (effects.mode === "off") return ["off: calls of tools pass unrecorded"];
  const lines = [
    effects.mode === "enforce"
      ? "enforce: a call is recorded before it is sent, and its outcome before it is answered"
      : "report: recorded, and said what would have been done; everything is sent",
    `a call not heard of for ${writeMs(effects.leaseSeconds * 1000)} is in doubt`,
    lockWords[effects.inDoubtLock],
    ...unrequestedLines(effects, tools),
    `a duplicate waits ${writeMs(effects.attachSeconds * 1000)} for the first`,
    `an irreversible call is known as a retry for ${writeMs(effects.retryWindowSeconds * 1000)}`,
    `answers up to ${writeBytes(effects.effectBodyBytesMax)} leave only when recorded whole`,
  ];
  return Object.keys(tools).length === 0
    ? ["no tools are configured, so nothing is recorded", ...lines]
    : lines;
}

/** Nothing, where no tool says which of its calls carry out what a model decided. */
function unrequestedLines({ unrequested }: Config["effects"], tools: Config["tools"]): readonly string[] {
  if (Object.values(tools).every(({ decisions }) => decisions === undefined)) return [];
  const word = unrequested === "block" ? "refused" : "reported";
  return [`a call that its run's model has not decided on is ${word}`];
}

const lockWords = {
  operation: "while an operation is in doubt, nothing equal to it is executed",
  tool: "while an operation is in doubt, no effect of its tool in its run is executed",
  run: "while an operation is in doubt, no effect of its run is executed",
} as const;

const attemptWords = {
  off: "all requests of a run are one",
  report: "said where one would begin",
  enforce: "one begins where the run's first turn is asked for again",
} as const;

const divergenceWords = {
  continue: "its effects are executed",
  pause: "once it left one out, its effects wait for longstop resume",
  fail: "once it left one out, its effects are refused",
} as const;

const partialWords = {
  attach: "the retry of a recorded turn that broke off is asked anew",
  "replay-partial": "the retry of a recorded turn that broke off gets what had come of it",
  continue: "the retry of a recorded turn that broke off gets its text, and what the model goes on with",
} as const;

function turnLines({ turns, run }: Config): readonly string[] {
  const { mode, graceSeconds, streamGraceSeconds, keptBytesMax, upstreamStreaming, normalise } = turns;
  if (mode === "off") return ["off: what a model was asked ends with its client"];
  return [
    mode === "enforce"
      ? "enforce: a retry that shows as one gets the answer that is being made for it already"
      : "report: said what a retry would have got; the model is asked again",
    `an answer waits ${writeMs(graceSeconds * 1000)} for a client that is gone`,
    `a stream that had begun, in a run without an id, waits ${writeMs(streamGraceSeconds * 1000)}`,
    `at most ${writeBytes(keptBytesMax)} of answers are kept in memory for that`,
    partialWords[turns.onPartial],
    `a later attempt is given what was answered at most ${writeMs(run.replayHours * 3_600_000)} before`,
    `attempts without a name: ${attemptWords[run.detectedAttempts]}`,
    `an attempt that goes another way: ${divergenceWords[run.onDivergence]}`,
    ...(upstreamStreaming === "off"
      ? []
      : ["where a turn is recorded, its model is asked for a stream, whatever its client wants"]),
    ...normalise.map(({ pattern, pointer }) =>
      pattern === undefined ? `no difference: ${pointer ?? ""}` : `no difference: what ${pattern} finds`,
    ),
  ];
}

function limitRows({ limits, timeouts }: Config): readonly (readonly string[])[] {
  return [
    ["request body", writeBytes(limits.requestBytesMax)],
    ["answer that is looked at", writeBytes(limits.answerBytesMax)],
    ["headers", writeBytes(limits.headerBytesMax)],
    ["event of a stream", writeBytes(limits.frameBytesMax)],
    ["connecting", writeMs(timeouts.connectMs)],
    ["until headers", writeMs(timeouts.headersMs)],
    ["until a stream's first text", writeMs(timeouts.firstTokenMs)],
    ["between two pieces", writeMs(timeouts.idleMs)],
    ["a model's whole answer", timeouts.totalMs === 0 ? "no limit" : writeMs(timeouts.totalMs)],
  ];
}

function ledgerLines({ kind, options, encryption }: LedgerConfig): readonly string[] {
  const rows = Object.entries(options).map(([key, value]) => [
    key,
    /Bytes/.test(key) && typeof value === "number" ? writeBytes(value) : text(value),
  ]);
  return [kind, ...table([...rows, ["bodies", sealingWords(encryption)]])];
}

function sealingWords(encryption: EncryptionConfig | undefined): string {
  if (encryption === undefined) return "kept as they are (ledger.encryption seals them)";
  const { key, previous } = encryption;
  const earlier = previous.length === 0 ? "" : `; read also with ${previous.map(sourceOf).join(", ")}`;
  return `sealed with AES-256-GCM, the key in ${sourceOf(key)}${earlier}`;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function offLines(config: Config, duties: Duties): readonly string[] {
  const idle = momentNames.filter((moment) => duties[moment].length === 0);
  const lines = config.posts.filter(({ mode }) => mode === "off").map(({ guard }) => `post ${guard}`);
  if (idle.length > 0) lines.push(`nobody watches ${idle.join(", ")}: these cost nothing`);
  if (config.effects.mode === "off") lines.push("effects");
  if (config.turns.mode === "off") lines.push("turns");
  if (config.deadlines.mode === "off") lines.push("deadlines");
  if (config.repair.attemptsMax === 0) lines.push("repair");
  return lines.length === 0 ? ["nothing"] : lines;
}

/** Columns as wide as their widest cell; the last one runs free. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0))).join("  "),
  );
}
