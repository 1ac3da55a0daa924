import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

// How a tool can behave, and in which order effect and answer happen. What a caller cannot know is
// whether a call that failed took effect; the log of effects is the only truth.

const behaviours = [
  "ok",
  "slow", // the effect at once, the answer later
  "slow-effect", // both later
  "hang", // the effect, and never an answer
  "effect-then-drop",
  "drop-before-effect",
  "effect-then-reset", // the connection is reset, as by a machine that lost it
  "reset-before-effect",
  "effect-then-500",
  "effect-then-503",
  "effect-then-html", // a proxy's error page in front of a tool that did its work
  "half-headers", // the effect, and headers that break off
  "half", // the effect, and half of the answer's body
  "huge", // an answer of `bytes` (2 MiB)
  "wrong-length", // content-length says ten bytes more than there are
  "redirect", // the effect, and 303 to where its record is
  "duplicate-headers", // headers that come more than once
  "html", // an error page without the effect
  "status-kept", // a refusal with `status` that a keyed tool gives again for the same key
  "status", // `status` without the effect: 400, 402, 404, 409, 422, 429, 503 …
] as const;
type BehaviourName = (typeof behaviours)[number];

export interface Behaviour {
  readonly name: BehaviourName;
  readonly delayMs: number;
  readonly status: number;
  readonly bytes: number;
}

export const well: Behaviour = { name: "ok", delayMs: 200, status: 409, bytes: 2 * 1024 * 1024 };

/** `slow`, or with its numbers `slow,delayMs=500`; a bare number is a status without an effect. */
export function parseBehaviour(text: string): Behaviour {
  const [name = "ok", ...settings] = text.split(",").map((part) => part.trim());
  if (/^\d{3}$/.test(name)) return { ...well, name: "status", status: Number(name) };
  const known = behaviours.find((one) => one === name);
  if (known === undefined) throw new Error(`"${name}" is no behaviour. Known are: ${behaviours.join(", ")}.`);
  const numbers = Object.fromEntries(settings.map((setting) => setting.split("=")));
  const set = (key: "delayMs" | "status" | "bytes"): number => Number(numbers[key] ?? well[key]);
  return { name: known, delayMs: set("delayMs"), status: set("status"), bytes: set("bytes") };
}

export function hasEffect(behaviour: Behaviour): boolean {
  return !["drop-before-effect", "reset-before-effect", "html", "status", "status-kept"].includes(
    behaviour.name,
  );
}

/** An answer as a well-behaved tool gives it. */
export interface ToolAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends `answer`, or what the behaviour makes of it. */
export async function answerAs(behaviour: Behaviour, answer: ToolAnswer, res: ServerResponse): Promise<void> {
  const { name } = behaviour;
  if (name === "hang") return;
  const breakOff = breaks[name];
  if (breakOff !== undefined) return breakOff(res);
  if (name === "slow") await sleep(behaviour.delayMs);
  const sent = replacements[name]?.(answer, behaviour) ?? answer;
  const whole = Buffer.from(sent.body);
  const declared = whole.length + (name === "wrong-length" ? 10 : 0);
  if (name === "duplicate-headers") {
    res.setHeader("set-cookie", ["a=1", "b=2"]);
    res.setHeader("x-part", ["one", "two"]);
  }
  res.writeHead(sent.status, { ...sent.headers, "content-length": declared });
  if (name !== "half" && name !== "wrong-length") return void res.end(whole);
  const part = name === "half" ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
  res.write(part, () => res.socket?.destroy());
}

/** Behaviours after which no answer begins. */
const breaks: Partial<Record<BehaviourName, (res: ServerResponse) => void>> = {
  "effect-then-drop": (res) => res.socket?.destroy(),
  "drop-before-effect": (res) => res.socket?.destroy(),
  "effect-then-reset": (res) => res.socket?.resetAndDestroy(),
  "reset-before-effect": (res) => res.socket?.resetAndDestroy(),
  "half-headers": (res) => res.socket?.end("HTTP/1.1 201 Created\r\ncontent-type: appl"),
};

const json = { "content-type": "application/json" };
const page = "<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>";

/** Behaviours that change what is said, not how. */
const replacements: Partial<Record<BehaviourName, (answer: ToolAnswer, behaviour: Behaviour) => ToolAnswer>> =
  {
    "effect-then-500": () => ({
      status: 500,
      headers: json,
      body: '{"error":"The tool failed after its work."}',
    }),
    "effect-then-503": () => ({
      status: 503,
      headers: json,
      body: '{"error":"Unavailable, after the work."}',
    }),
    "effect-then-html": () => ({ status: 502, headers: { "content-type": "text/html" }, body: page }),
    html: () => ({ status: 502, headers: { "content-type": "text/html" }, body: page }),
    status: (_, { status }) => refused(status),
    "status-kept": (_, { status }) => refused(status),
    redirect: () => ({ status: 303, headers: { location: "/-/effects" }, body: "" }),
    huge: (answer, { bytes }) => ({ ...answer, body: JSON.stringify({ filler: "x".repeat(bytes) }) }),
  };

export function refused(status: number): ToolAnswer {
  const later: Record<string, string> = status === 429 || status === 503 ? { "retry-after": "1" } : {};
  return {
    status,
    headers: { ...json, ...later },
    body: JSON.stringify({ error: `refused with ${status}` }),
  };
}
