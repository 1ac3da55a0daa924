import { LongstopError } from "../exchange/error.ts";
import type { Caller, Exchange } from "../exchange/exchange.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { chainOf, chainStart, conversationId } from "./chains.ts";
import type { Engine } from "./engine.ts";
import { InboundExchange } from "./inbound-exchange.ts";
import type { Inbound } from "./inbound.ts";
import { ModelCall } from "./model-call.ts";
import { passThrough } from "./pass-through.ts";
import { ReadyPrompt } from "./ready-prompt.ts";
import type { Route } from "./routes.ts";
import { alone, seenPrompt } from "./seen-prompt.ts";
import { serveAnswer } from "./serve-answer.ts";
import { isWatched } from "./serve-model.ts";

/**
 * Serves an answer that was made earlier and is fetched by its id, such as one that was asked for in
 * the background. It is judged like any other, on the tools of the request behind it; asking the model
 * again is not possible here, so a turn with a wrong call is refused.
 */
export async function serveFetched(
  engine: Engine,
  inbound: Inbound,
  route: Route,
  protocol: Protocol,
  caller: Caller,
  id: string,
): Promise<void> {
  const { settings, keptAnswers } = engine;
  const target = route.target.name;
  const pass = (): Promise<void> =>
    passThrough(inbound, route, engine.upstreams, settings.limits.requestBytesMax);
  if (!isWatched(engine.posts) || settings.statefulRequests === "pass") return pass();
  const answer = await keptAnswers.of(caller, target, id);
  if (answer === null) {
    if (settings.statefulRequests === "refuse") throw unknown(target);
    engine.report(
      `fetched ${protocol.name} ${target}`,
      `An answer of ${target} was fetched that was not asked for through here: no guard knows its tools. ` +
        "statefulRequests: refuse would refuse it.",
    );
    return pass();
  }
  const at = new InboundExchange(inbound, "llm", protocol.name, target, caller);
  const shown = protocol.readPrompt(answer.body, answer.path);
  const once = { ...engine, settings: { ...settings, repairAttemptsMax: 0 } };
  const path = withId(route.path, id, answer.upstreamId);
  const ready = await readyAgain(engine, protocol, shown, at);
  const call = new ModelCall(once, { inbound }, at, { ...route, path }, protocol, ready);
  await serveAnswer(call, await call.send(null, inbound));
}

function unknown(target: string): LongstopError {
  return new LongstopError(
    "stateful_refused",
    `This answer of ${target} was not asked for through here as one that is fetched, and is refused ` +
      "(statefulRequests: refuse). Send the request behind it through here, and fetch its answer then.",
  );
}

/** The id stands at the end of the path; what is before it may hold the same letters. */
function withId(path: string, id: string, upstreamId: string): string {
  return id === upstreamId || !path.endsWith(id) ? path : path.slice(0, -id.length) + upstreamId;
}

/** The request behind an answer: it was made ready when it was sent, and is not sent again. */
async function readyAgain(
  engine: Engine,
  protocol: Protocol,
  shown: Parameters<typeof chainOf>[0],
  at: Exchange,
): Promise<ReadyPrompt> {
  const { prompt } = shown.kept.length === 0 ? alone(shown) : await seenPrompt(engine, protocol, shown, at);
  const shownChain = chainOf(prompt, at.target);
  return new ReadyPrompt(protocol, {
    shown,
    truth: shown,
    edits: [],
    conversation: conversationId(prompt, at.target, shownChain),
    shownChain,
    shownChainStart: chainStart(prompt, at.target),
    interventions: [],
  });
}
