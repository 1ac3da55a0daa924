import { LongstopError } from "../../exchange/error.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import { interventionsHeader, interventionsLine } from "../interventions.ts";
import { judge } from "../judge.ts";
import { onPlane } from "../posts.ts";

/**
 * Asks the posts on calls about a call on its way to an HTTP tool, before its intent is written.
 * Gives the body to dispatch, or says that a post answered in the tool's place.
 */
export async function judgeToolCall(
  engine: Engine,
  inbound: Inbound,
  at: Exchange,
  body: Buffer,
): Promise<Uint8Array | "answered"> {
  const posts = onPlane(engine.posts, "call", "tool");
  if (posts.length === 0) return body;
  const call = { id: "", name: at.target, kind: "function", argumentsText: body.toString("utf8") } as const;
  const judged = await judge(
    "call",
    posts,
    { plane: "tool", call, original: call, truncated: false, offers: [] },
    at,
    (was, { argumentsText }) => ({ ...was, call: { ...was.call, argumentsText } }),
    engine.log,
  );
  if (judged.interventions.length > 0) {
    inbound.notes.set(interventionsHeader, interventionsLine(judged.interventions));
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
