import type { Caller } from "../exchange/exchange.ts";
import { momentNames } from "../exchange/moments.ts";
import type { Prompt } from "../exchange/prompt.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { TurnForms } from "../protocols/turn-forms.ts";
import type { AnswerTarget } from "./answer-target.ts";
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
import { judgesAnswers, serveAnswer } from "./serve-answer.ts";
import { serveTurn } from "./turns/serve-turn.ts";
import { ownAccountKey, turnKey } from "./turns/turn-key.ts";
import type { AnswerForm } from "./turns/turn-output.ts";
import { isWholeTurn } from "./turns/whole-turn.ts";
import { VerdictRecord } from "./verdict-record.ts";

/** Serves one request to a model. Where nobody watches anything, bytes pass. */
export async function serveModel(
  engine: Engine,
  inbound: Inbound,
  route: Route,
  protocol: Protocol,
  caller: Caller,
): Promise<void> {
  const { limits } = engine.settings;
  const forms = formsOf(engine, protocol);
  const watched = isWatched(engine.posts);
  if (!watched && forms === null) {
    return passThrough(inbound, route, engine.upstreams, limits.requestBytesMax);
  }
  const bytes = await readDecoded(inbound, limits.requestBytesMax);
  const path = pathAsMeant(route.path);
  const prompt = watched ? protocol.readPrompt(textBody(bytes), path) : readableIn(bytes, protocol, path);
  if (prompt === null) {
    return passThrough(inbound, route, engine.upstreams, limits.requestBytesMax, { read: bytes });
  }
  const refused = engine.settings.statefulRequests === "pass" ? null : protocol.refuseKept(prompt);
  if (refused !== null) {
    // The SDK's tool runner begins every conversation with a thread, so the 400 is no fault of anyone.
    engine.log.info("sent back to be asked in another form", {
      exchange: inbound.id,
      protocol: protocol.name,
    });
    return inbound.sendAnswer(refused);
  }
  const asked = { engine, inbound, route, protocol, caller, prompt, bytes };
  if (forms === null) return answer(asked, inbound);
  const { headers } = inbound.incoming;
  const explicit = caller.run.id !== null;
  const accountKey = explicit ? await accountKeyFor(engine, caller.tenant) : ownAccountKey;
  const secrets = { accountKey, judgedBy: engine.version.judging };
  const { normalise } = engine.settings.turns;
  const identity = forms.identity(prompt);
  const meant = normalise === null ? identity : await normalise(identity);
  const key = turnKey(caller, route, headers, meant, secrets);
  const form = formAsked(prompt, forms, route.query);
  const place = { key, explicit, attempt: caller.run.attempt, form, exchange: inbound.id };
  const isWhole = judgesAnswers(engine.posts)
    ? null
    : (type: string, body: string) => isWholeTurn(protocol, type, body);
  const turn = { engine, inbound, caller, target: route.target.name, prompt, forms, place, isWhole };
  return serveTurn(turn, (client) => answer(asked, client));
}

interface Asked {
  readonly engine: Engine;
  readonly inbound: Inbound;
  readonly route: Route;
  readonly protocol: Protocol;
  readonly caller: Caller;
  readonly prompt: Prompt;
  /** The request's body as it came. */
  readonly bytes: Uint8Array;
}

/** Asks the model, and answers `client`. */
async function answer(
  { engine, inbound, route, protocol, caller, prompt, bytes }: Asked,
  client: AnswerTarget,
): Promise<void> {
  const at = new InboundExchange(inbound, "llm", protocol.name, route.target.name, caller, client);
  const run = countsRuns(engine.posts) ? await engine.runUsages.open(caller, prompt.model) : null;
  try {
    const seen = prompt.kept.length === 0 ? null : await seenPrompt(engine, protocol, prompt, at);
    const record = new VerdictRecord(engine, at, () => client.noteUnrecorded());
    const ready = await readyPrompt(engine, protocol, prompt, at, record, run?.before ?? null, seen);
    const call = new ModelCall(engine, { inbound, client }, at, route, protocol, ready, run, record);
    await serveAnswer(call, await call.send(ready.changed ? ready.body : bytes, client));
  } finally {
    await run?.close();
  }
}

function formAsked({ stream }: Prompt, forms: TurnForms, query: string): AnswerForm {
  if (!stream) return "whole";
  return forms.isList?.(query) === true ? "list" : "stream";
}

/** What nobody judges passes also where it cannot be read. */
function readableIn(bytes: Buffer, protocol: Protocol, path: string): Prompt | null {
  try {
    return protocol.readPrompt(textBody(bytes), path);
  } catch {
    return null;
  }
}

/** While the ledger is down turns are known to this process alone. */
async function accountKeyFor({ accountKey, log }: Engine, tenant: string): Promise<Uint8Array> {
  try {
    return await accountKey(tenant);
  } catch (cause) {
    log.debug("the account key of a tenant cannot be read", { tenant, cause });
    return ownAccountKey;
  }
}

/** Who tells turns of this protocol apart, or null where nobody wants to know. */
function formsOf({ settings }: Engine, { forms }: Protocol): TurnForms | null {
  return settings.turns.mode === "off" ? null : forms;
}

export function isWatched(posts: Posts): boolean {
  return momentNames.some((moment) => onPlane(posts, moment, "llm").length > 0);
}
