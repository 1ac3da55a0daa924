import type { Caller } from "../exchange/exchange.ts";
import { momentNames } from "../exchange/moments.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Engine } from "./engine.ts";
import { InboundExchange } from "./inbound-exchange.ts";
import type { Inbound } from "./inbound.ts";
import { ModelCall } from "./model-call.ts";
import { passThrough } from "./pass-through.ts";
import { countsRuns, onPlane, type Posts } from "./posts.ts";
import { readyPrompt } from "./prompt-stage.ts";
import { readDecoded, textBody } from "./request-body.ts";
import { pathAsMeant, type Route } from "./routes.ts";
import { seenPrompt } from "./seen-prompt.ts";
import { serveAnswer } from "./serve-answer.ts";
import { VerdictRecord } from "./verdict-record.ts";

/** Serves one request to a model. Where no post watches anything, bytes pass. */
export async function serveModel(
  engine: Engine,
  inbound: Inbound,
  route: Route,
  protocol: Protocol,
  caller: Caller,
): Promise<void> {
  const { limits } = engine.settings;
  if (!isWatched(engine.posts)) {
    return passThrough(inbound, route, engine.upstreams, limits.requestBytesMax);
  }
  const at = new InboundExchange(inbound, "llm", protocol.name, route.target.name, caller);
  const bytes = textBody(await readDecoded(inbound, limits.requestBytesMax));
  const shown = protocol.readPrompt(bytes, pathAsMeant(route.path));
  const refused = engine.settings.statefulRequests === "pass" ? null : protocol.refuseKept(shown);
  if (refused !== null) {
    // The SDK's tool runner begins every conversation with a thread, so the 400 is no fault of anyone.
    engine.log.info("sent back to be asked in another form", { exchange: at.id, protocol: protocol.name });
    return inbound.sendAnswer(refused);
  }

  const run = countsRuns(engine.posts) ? await engine.runUsages.open(caller, shown.model) : null;
  try {
    const seen = shown.kept.length === 0 ? null : await seenPrompt(engine, protocol, shown, at);
    const record = new VerdictRecord(engine, at, () => inbound.noteUnrecorded());
    const ready = await readyPrompt(engine, protocol, shown, at, record, run?.before ?? null, seen);
    const call = new ModelCall(engine, inbound, at, route, protocol, ready, run, record);
    const answer = await call.send(ready.changed ? ready.body : bytes, inbound);
    await serveAnswer(call, answer);
  } finally {
    await run?.close();
  }
}

export function isWatched(posts: Posts): boolean {
  return momentNames.some((moment) => onPlane(posts, moment, "llm").length > 0);
}
