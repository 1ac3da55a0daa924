import { LongstopError } from "../exchange/error.ts";
import type { Caller, Exchange } from "../exchange/exchange.ts";
import { momentNames } from "../exchange/moments.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Engine } from "./engine.ts";
import type { Inbound } from "./inbound.ts";
import { interventionsHeader, interventionsLine } from "./interventions.ts";
import { ModelCall } from "./model-call.ts";
import { passAnswer, passThrough } from "./pass-through.ts";
import { countsRuns, onPlane, type Posts } from "./posts.ts";
import { readyPrompt } from "./prompt-stage.ts";
import { readDecodedText } from "./request-body.ts";
import { pathAsMeant, type Route } from "./routes.ts";
import { serveStream } from "./stream-answer.ts";
import { refusedByUpstream, type UpstreamAnswer } from "./upstream.ts";
import { headerOf } from "./upstream-headers.ts";
import { isSuccess, serveWhole } from "./whole-answer.ts";

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
  const at: Exchange = {
    id: inbound.id,
    plane: "llm",
    protocol: protocol.name,
    caller,
    target: route.target.name,
    signal: inbound.gone,
  };
  const bytes = await readDecodedText(inbound, limits.requestBytesMax);
  const shown = protocol.readPrompt(bytes.toString("utf8"), pathAsMeant(route.path));
  const refused = protocol.refuseKept(shown);
  if (refused !== null) {
    // The SDK's tool runner begins every conversation with a thread, so the 400 is no fault of anyone.
    engine.log.info("sent back to be asked in another form", { exchange: at.id, protocol: protocol.name });
    return inbound.sendAnswer(refused);
  }

  const run = countsRuns(engine.posts) ? await engine.runUsages.open(caller, shown.model) : null;
  try {
    const ready = await readyPrompt(engine, protocol, shown, at, run?.before ?? null);
    const call = new ModelCall(engine, inbound, at, route, protocol, ready, run);
    const answer = await call.send(ready.changed ? ready.body : bytes, inbound.gone);
    await serveAnswer(call, answer);
  } finally {
    await run?.close();
  }
}

async function serveAnswer(call: ModelCall, answer: UpstreamAnswer): Promise<void> {
  const { inbound, ready, engine } = call;
  const type = (headerOf(answer.headers, "content-type") ?? "").toLowerCase();
  const watched =
    call.run !== null ||
    onPlane(engine.posts, "call", "llm").length + onPlane(engine.posts, "reply", "llm").length > 0;
  if (isSuccess(answer.status) && watched) {
    if (type.includes("text/event-stream")) return serveStream(call, answer);
    if (type === "" || type.includes("json")) return serveWhole(call, answer);
  }
  if (type !== "" && !type.includes("json") && !type.includes("text/event-stream"))
    throw notAnAnswer(call, answer, type);
  if (ready.interventions.length > 0) {
    inbound.notes.set(interventionsHeader, interventionsLine(ready.interventions));
  }
  await passAnswer(inbound, answer);
}

/** A page of a proxy or a load balancer: no SDK can read it, so it is said in the protocol's words. */
function notAnAnswer(call: ModelCall, answer: UpstreamAnswer, type: string): LongstopError {
  answer.body.on("error", () => {}).destroy();
  return new LongstopError(
    "upstream_unreadable",
    `The upstream ${call.route.target.name} answered ${answer.status} with ${type.split(";")[0]} ` +
      `instead of JSON.`,
    {
      ...refusedByUpstream(answer),
      detail: { upstream: call.route.target.name, upstreamStatus: answer.status },
    },
  );
}

export function isWatched(posts: Posts): boolean {
  return momentNames.some((moment) => onPlane(posts, moment, "llm").length > 0);
}
