import type { Caller } from "../exchange/exchange.ts";
import { momentNames } from "../exchange/moments.ts";
import type { Prompt } from "../exchange/prompt.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { TurnForms } from "../protocols/turn-forms.ts";
import { sha256Hex } from "../text/hash.ts";
import type { AnswerTarget } from "./answer-target.ts";
import type { AnswerShape } from "./deadlines/client-limits.ts";
import { enforced, untilDeadline } from "./deadlines/end-at-deadline.ts";
import { openDeadline } from "./deadlines/open-deadline.ts";
import { limitWork } from "./deadlines/work-limits.ts";
import type { Engine } from "./engine.ts";
import { InboundExchange } from "./inbound-exchange.ts";
import type { Inbound } from "./inbound.ts";
import { type Between, ModelCall } from "./model-call.ts";
import { passThrough, type PassTerms } from "./pass-through.ts";
import { countsRuns, onPlane, type Posts } from "./posts.ts";
import { readyPrompt } from "./prompt-stage.ts";
import { readDecoded, textBody } from "./request-body.ts";
import { pathAsMeant, type Route } from "./routes.ts";
import { seenPrompt } from "./seen-prompt.ts";
import { judgesAnswers, serveAnswer } from "./serve-answer.ts";
import { Stopping } from "./stopping.ts";
import { goOnBehind } from "./turns/go-on.ts";
import { servePartial } from "./turns/serve-partial.ts";
import { type Make, serveTurn } from "./turns/serve-turn.ts";
import { StreamAsking } from "./turns/stream-asking.ts";
import { accountOf, ownAccountKey, turnChain } from "./turns/turn-key.ts";
import type { AnswerForm, AskedForm } from "./turns/answer-form.ts";
import type { Making } from "./turns/turn-pieces.ts";
import { isWholeTurn } from "./turns/whole-turn.ts";
import type { UpstreamAnswer } from "./upstream.ts";
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
  const pass = (shape: AnswerShape, terms?: PassTerms): Promise<void> =>
    untilDeadline(engine, inbound, protocol, shape, (_deadline, presence) =>
      passThrough(inbound, route, engine.upstreams, limits.requestBytesMax, { ...terms, presence }),
    );
  if (!watched && forms === null) return pass("unknown");
  const bytes = await readDecoded(inbound, limits.requestBytesMax);
  const path = pathAsMeant(route.path);
  const prompt = watched ? protocol.readPrompt(textBody(bytes), path) : readableIn(bytes, protocol, path);
  if (prompt === null) return pass("unknown", { read: bytes });
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
  if (forms !== null) return serveAsTurn(asked, forms);
  return untilDeadline(engine, inbound, protocol, shapeOf(prompt), (deadline, presence) =>
    answer(asked, { inbound, client: inbound, presence, deadline }),
  );
}

/** Serves a request by a turn that others may come for, and that goes on when its client must not wait. */
async function serveAsTurn(asked: Asked, forms: TurnForms): Promise<void> {
  const { engine, inbound, route, protocol, caller, prompt } = asked;
  const { headers } = inbound.incoming;
  const explicit = caller.run.id !== null;
  const accountKey = explicit ? await accountKeyFor(engine, caller.tenant) : ownAccountKey;
  const secrets = { accountKey, judgedBy: engine.version.judging };
  const { normalise } = engine.settings.turns;
  const identity = forms.identity(prompt);
  const meant = normalise === null ? identity : await normalise(identity);
  const links = turnChain(caller, route, headers, meant, secrets);
  const key = links.at(-1) as string;
  const form = formAsked(prompt, forms, route.query);
  const asking = form === "whole" && explicit ? streamAsking(asked, accountKey) : null;
  const deadline = openDeadline(engine, inbound, shapeOf(prompt));
  const target = route.target.name;
  const place = {
    key,
    explicit,
    attempt: caller.run.attempt,
    form: asking === null ? form : ("auto" as const),
    bytesMax: engine.settings.limits.answerBytesMax,
    exchange: inbound.id,
    origin: { engine, caller, target, protocol, prompt, elapsedMs: () => inbound.timing.elapsedMs() },
  };
  const content = { written: identity, meant, links };
  const isWhole = judgesAnswers(engine.posts)
    ? null
    : (type: string, body: string) => isWholeTurn(protocol, type, body);
  const wanted = { prompt, protocol, forms, place, form, asking, content, deadline, isWhole };
  const between = { inbound, asking, deadline: enforced(engine, deadline), outlivesDeadline: true };
  const make: Make = (client, of, before) =>
    answer(
      { ...asked, caller: of },
      { ...between, client },
      before === null ? null : { before, form: place.form },
    );
  try {
    return await serveTurn({ engine, inbound, caller, target, ...wanted }, make);
  } finally {
    deadline?.end();
  }
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

/** A making of a turn that broke off, of which the answer begins as far as it came. */
interface Broken {
  readonly before: Making;
  readonly form: AskedForm;
}

/** Asks the model, and answers the client of `between`. */
async function answer(
  { engine, inbound, route, protocol, caller, prompt, bytes }: Asked,
  between: Between & { readonly client: AnswerTarget },
  broken: Broken | null = null,
): Promise<void> {
  const { client } = between;
  const { totalMs } = engine.settings.timeouts;
  const limited = totalMs === 0 ? null : new Stopping(between.presence ?? client);
  const presence = limited ?? between.presence ?? client;
  const at = new InboundExchange(inbound, "llm", protocol.name, route.target.name, caller, presence);
  const run = countsRuns(engine.posts) ? await engine.runUsages.open(caller, prompt.model) : null;
  let endLimit: (() => void) | null = null;
  try {
    const seen = prompt.kept.length === 0 ? null : await seenPrompt(engine, protocol, prompt, at);
    const record = new VerdictRecord(engine, at, () => client.noteUnrecorded());
    const ready = await readyPrompt(engine, protocol, prompt, at, record, run?.before ?? null, seen);
    const call = new ModelCall(engine, { ...between, presence }, at, route, protocol, ready, run, record);
    if (broken !== null && (await servePartial(call, broken.before, broken.form, prompt))) return;
    if (limited !== null) endLimit = limitWork(totalMs, limited, route.target, "totalMs");
    const ask = (): Promise<UpstreamAnswer> => call.send(ready.changed ? ready.body : bytes);
    await serveAnswer(call, await (broken === null ? ask() : goOnBehind(call, broken.before, ask)));
  } finally {
    endLimit?.();
    await run?.close();
  }
}

function shapeOf({ stream }: Prompt): AnswerShape {
  return stream ? "stream" : "whole";
}

/** Who asks for a stream on behalf of a client that wants a whole answer; null where it is to be whole. */
function streamAsking(
  { engine, inbound, route, protocol, prompt }: Asked,
  accountKey: Uint8Array,
): StreamAsking | null {
  const { mode, upstreamStreaming } = engine.settings.turns;
  if (mode !== "enforce" || upstreamStreaming === "off") return null;
  const account = accountOf(inbound.incoming.headers, route.query, accountKey);
  const model = sha256Hex(route.target.name, protocol.name, prompt.model, account);
  return new StreamAsking(protocol, route, engine.streamingModels, model);
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
