import { isUtf8 } from "node:buffer";
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { LongstopError } from "../exchange/error.ts";
import type { Caller, Exchange } from "../exchange/exchange.ts";
import { momentNames } from "../exchange/moments.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { decoded, unknownCoding } from "./content-coding.ts";
import type { Engine } from "./engine.ts";
import type { Inbound } from "./inbound.ts";
import { interventionsHeader, interventionsLine } from "./interventions.ts";
import { limited } from "./limited.ts";
import { ModelCall } from "./model-call.ts";
import { passAnswer, passThrough } from "./pass-through.ts";
import { onPlane, type Posts } from "./posts.ts";
import { readyPrompt } from "./prompt-stage.ts";
import type { Route } from "./routes.ts";
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
  const bytes = await readRequest(inbound, limits.requestBytesMax);
  const shown = protocol.readPrompt(bytes.toString("utf8"));
  const refused = protocol.refuseAtOnce(shown);
  if (refused !== null) return inbound.sendAnswer(refused);

  const ready = await readyPrompt(engine, protocol, shown, at);
  const call = new ModelCall(engine, inbound, at, route, protocol, ready);
  const answer = await call.send(ready.changed ? ready.prompt.text : bytes, inbound.gone);
  await serveAnswer(call, answer);
}

async function serveAnswer(call: ModelCall, answer: UpstreamAnswer): Promise<void> {
  const { inbound, ready, engine } = call;
  const type = (headerOf(answer.headers, "content-type") ?? "").toLowerCase();
  const watched =
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
  answer.body.on("error", () => {}).resume();
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

function isWatched(posts: Posts): boolean {
  return momentNames.some((moment) => onPlane(posts, moment, "llm").length > 0);
}

/** The request's body, whole, decoded, valid UTF-8. Throws in words that name the remedy. */
async function readRequest(inbound: Inbound, bytesMax: number): Promise<Buffer> {
  const coding = inbound.incoming.headers["content-encoding"];
  const unknown = unknownCoding(coding);
  if (unknown !== undefined) {
    throw new LongstopError(
      "request_malformed",
      `The request is compressed as ${JSON.stringify(unknown)}, which is not known here.`,
    );
  }
  const raw = await inbound.readBody(bytesMax);
  const bytes = coding === undefined ? raw : await decompress(raw, coding, bytesMax);
  if (!isUtf8(bytes)) throw new LongstopError("request_malformed", "The request body is not valid UTF-8.");
  return bytes;
}

async function decompress(raw: Buffer, coding: string, bytesMax: number): Promise<Buffer> {
  const tooLarge = (): LongstopError =>
    new LongstopError(
      "request_too_large",
      `The request body is larger than ${bytesMax} bytes once decompressed.`,
    );
  try {
    return await buffer(limited(decoded(Readable.from([raw]), coding), bytesMax, tooLarge));
  } catch (cause) {
    if (cause instanceof LongstopError) throw cause;
    throw new LongstopError("request_malformed", `The request body is not valid ${coding}.`, { cause });
  }
}
