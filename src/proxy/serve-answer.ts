import { LongstopError } from "../exchange/error.ts";
import { interventionsHeader, interventionsLine } from "./interventions.ts";
import type { ModelCall } from "./model-call.ts";
import { passAnswer } from "./pass-through.ts";
import { onPlane, type Posts } from "./posts.ts";
import { serveStream } from "./stream-answer.ts";
import { refusedByUpstream, type UpstreamAnswer } from "./upstream.ts";
import { headerOf } from "./upstream-headers.ts";
import { isSuccess, serveWhole } from "./whole-answer.ts";

/** Serves an upstream's answer: judged where a post watches it, else as it comes. Throws, or rejects. */
export function serveAnswer(call: ModelCall, answer: UpstreamAnswer): Promise<void> {
  const { client, ready, engine } = call;
  const type = (headerOf(answer.headers, "content-type") ?? "").toLowerCase();
  const watched = call.run !== null || judgesAnswers(engine.posts);
  if (isSuccess(answer.status) && watched) {
    if (type.includes("text/event-stream")) return serveStream(call, answer);
    if (type === "" || type.includes("json")) return serveWhole(call, answer);
  }
  if (type !== "" && !type.includes("json") && !type.includes("text/event-stream"))
    throw notAnAnswer(call, answer, type);
  if (ready.interventions.length > 0) {
    client.notes.set(interventionsHeader, interventionsLine(ready.interventions));
  }
  return passAnswer(client, answer);
}

/** True where posts watch what models answer. */
export function judgesAnswers(posts: Posts): boolean {
  return onPlane(posts, "call", "llm").length + onPlane(posts, "reply", "llm").length > 0;
}

/** A page of a proxy or a load balancer: no SDK can read it, so it is said in the protocol's words. */
function notAnAnswer(call: ModelCall, answer: UpstreamAnswer, type: string): LongstopError {
  answer.body.on("error", () => {}).destroy();
  return new LongstopError(
    "upstream_unreadable",
    `The upstream ${call.route.target.name} answered ${answer.status} with ${type.split(";")[0]} ` +
      `instead of JSON. Its url may be wrong (upstreams.${call.route.target.name}), or something before ` +
      "it answered.",
    {
      ...refusedByUpstream(answer),
      detail: { upstream: call.route.target.name, upstreamStatus: answer.status },
    },
  );
}
