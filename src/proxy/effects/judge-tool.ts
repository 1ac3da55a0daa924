import { isUtf8 } from "node:buffer";
import { LongstopError } from "../../exchange/error.ts";
import type { Moment } from "../../exchange/moments.ts";
import { interventionsHeader, interventionsLine } from "../interventions.ts";
import { judge, type Judgement } from "../judge.ts";
import { onPlane } from "../posts.ts";
import { pairs } from "../upstream-headers.ts";
import { VerdictRecord } from "../verdict-record.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * Asks the posts on calls about a call on its way to an HTTP tool, before its intent is written.
 * Gives the body to dispatch, or says that a post answered in the tool's place. What was decided is on
 * disk first; `mustBeRecorded`: where that cannot be, nothing is dispatched.
 */
export async function judgeToolCall(
  exchange: ToolExchange,
  body: Buffer,
  mustBeRecorded: boolean,
): Promise<Uint8Array | "answered"> {
  const { engine, inbound, at } = exchange;
  const posts = onPlane(engine.posts, "call", "tool");
  if (posts.length === 0) return body;
  const call = { id: "", name: at.target, kind: "function", argumentsText: body.toString("utf8") } as const;
  const judged = await judge(
    "call",
    posts,
    { plane: "tool", call, original: call, truncated: false, offers: [] },
    at,
    (was, { argumentsText }) => ({ ...was, call: { ...was.call, argumentsText } }),
    engine,
  );
  const isRecorded = await tell(exchange, judged);
  if (!isRecorded && mustBeRecorded && judged.kind !== "block") {
    throw new LongstopError(
      "ledger_down",
      "The ledger cannot be written, so this call was not dispatched. Nothing was sent.",
      { retryAfterSeconds: 5 },
    );
  }
  switch (judged.kind) {
    case "block":
      throw new LongstopError(judged.policy ? "call_refused_by_policy" : "call_refused", judged.toModel, {
        detail: { guard: judged.guard },
      });
    case "answer":
      await inbound.sendWhole(200, ["content-type", "application/json"], judged.result);
      return "answered";
    case "pass":
      return judged.rewrites.length === 0 ? body : Buffer.from(judged.subject.call.argumentsText);
  }
}

/** Says to the client and to the ledger what was decided. False where the ledger could not be written. */
async function tell({ engine, inbound, at }: ToolExchange, judged: Judgement<Moment>): Promise<boolean> {
  if (judged.interventions.length > 0) {
    inbound.notes.set(interventionsHeader, interventionsLine(judged.interventions));
  }
  if (judged.verdicts.length + judged.facts.length === 0) return true;
  const record = new VerdictRecord(engine, at, () => {});
  record.note(judged.verdicts);
  const isRecorded = await record.append(null, judged.facts);
  if (!isRecorded) inbound.noteUnrecorded();
  return isRecorded;
}

/** An answer of a tool as it goes to the caller, after the posts on results. */
interface JudgedResult {
  readonly bytes: Uint8Array;
  /** True where a guard's words stand in the place of the tool's: its content type no longer holds. */
  readonly replaced: boolean;
}

/** Sends a tool's answer as the posts on results leave it. */
export async function sendJudged(
  exchange: ToolExchange,
  status: number,
  headers: readonly string[],
  bytes: Uint8Array,
): Promise<void> {
  const { inbound } = exchange;
  const judged = await judgeToolResult(exchange, bytes);
  if (!judged.replaced) return inbound.sendWhole(status, headers, judged.bytes);
  const kept = [...pairs(headers)].filter(([name]) => !/^content-(?:type|encoding)$/i.test(name)).flat();
  await inbound.sendWhole(status, [...kept, "content-type", "text/plain; charset=utf-8"], judged.bytes);
}

/**
 * Asks the posts on results about a tool's answer. The effect stays done and its record holds what
 * the tool said; a blocked result leaves the guard's words in its place. Bytes that are no text
 * pass: there is nothing in them for a guard to read.
 */
async function judgeToolResult(exchange: ToolExchange, bytes: Uint8Array): Promise<JudgedResult> {
  const { engine, at } = exchange;
  const posts = onPlane(engine.posts, "result", "tool");
  if (posts.length === 0 || bytes.byteLength === 0 || !isUtf8(bytes)) return { bytes, replaced: false };
  const texts = [Buffer.from(bytes).toString("utf8")];
  const judged = await judge(
    "result",
    posts,
    { plane: "tool", callId: "", toolName: at.target, isError: false, texts, original: texts },
    at,
    (was, to) => ({ ...was, texts: to.texts }),
    engine,
  );
  await tell(exchange, judged);
  if (judged.kind === "block") return { bytes: Buffer.from(judged.toModel), replaced: true };
  if (judged.rewrites.length === 0) return { bytes, replaced: false };
  return { bytes: Buffer.from(judged.subject.texts.join("")), replaced: false };
}
