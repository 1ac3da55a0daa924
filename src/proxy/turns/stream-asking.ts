import { LongstopError } from "../../exchange/error.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { SseError, framesIn } from "../../wire/sse.ts";
import { ReceivedAnswer } from "../received-answer.ts";
import type { Route } from "../routes.ts";
import { answerError, type UpstreamAnswer } from "../upstream.ts";
import { headerOf } from "../upstream-headers.ts";
import { isSuccess } from "../whole-answer.ts";
import type { StreamingModels } from "./streaming-models.ts";

type Body = Uint8Array | string | null;

/** Sends a request to the upstream; `path` has its query. */
type Dispatch = (body: Body, path: string) => Promise<UpstreamAnswer>;

/**
 * Statuses by which an upstream may say that it gives no stream to this account, of this model, or to a
 * request with these parameters.
 */
const refusals: ReadonlySet<number> = new Set([400, 403, 404, 405, 406, 422, 501]);
/** Bytes of a refusal that is looked at. */
const refusalBytesMax = 1024 * 1024;

/**
 * Asks the model for a stream on behalf of a client that wants a whole answer: what came before an answer
 * broke off is there then, and an upstream that has fallen silent is seen. Where it gives none, it is asked
 * for the whole answer, as its client did.
 */
export class StreamAsking {
  readonly #protocol: Protocol;
  readonly #route: Route;
  readonly #models: StreamingModels;
  readonly #model: string;
  /** True once the upstream answers this exchange with whole documents. */
  #isWhole: boolean;
  #isFirst = true;

  /** `model` names the model, and the account that asks it, in what is known of them. */
  constructor(protocol: Protocol, route: Route, models: StreamingModels, model: string) {
    this.#protocol = protocol;
    this.#route = route;
    this.#models = models;
    this.#model = model;
    this.#isWhole = models.isWhole(model);
  }

  async send(body: Body, dispatch: Dispatch): Promise<UpstreamAnswer> {
    const { path, query } = this.#route;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    const asked = this.#isWhole ? null : this.#protocol.forms.askStream(textOf(body), path, query);
    if (asked === null) return dispatch(body, path + query);
    const answer = await dispatch(asked.body, asked.path + asked.query);
    if (isSuccess(answer.status)) return this.#answered(answer);
    // What goes on behind a stream can only be a stream.
    if (!isFirst || !refusals.has(answer.status)) return answer;
    if (this.#models.isStreaming(this.#model)) {
      const read = await this.#read(answer);
      if (!read.isAboutStreams) return read.answer;
    } else answer.discard();
    const whole = await dispatch(body, path + query);
    if (isSuccess(whole.status)) this.#learnWhole();
    return whole;
  }

  /** Asks for a stream and nothing else: what comes may be none. Null where this model gives none. */
  async sendForStream(body: string, dispatch: Dispatch): Promise<UpstreamAnswer | null> {
    const { path, query } = this.#route;
    const asked = this.#isWhole ? null : this.#protocol.forms.askStream(body, path, query);
    if (asked === null) return null;
    const answer = await dispatch(asked.body, asked.path + asked.query);
    if (!isSuccess(answer.status)) return answer;
    this.#isFirst = false;
    return this.#answered(answer);
  }

  /** What a client is told whose answer came as a stream that cannot be written as one document. */
  unwritable(stream: string): LongstopError {
    const { name } = this.#route.target;
    if (!this.#isComplete(stream)) {
      const sentence = `The upstream ${name} ended its stream before the answer was whole.`;
      return new LongstopError("upstream_cut", sentence, { retryable: true });
    }
    this.#learnWhole();
    return new LongstopError(
      "upstream_unreadable",
      `The upstream ${name} streamed something that cannot be written as one document. ` +
        "From now on this model is asked for whole answers.",
      { retryable: true },
    );
  }

  #answered(answer: UpstreamAnswer): UpstreamAnswer {
    const type = (headerOf(answer.headers, "content-type") ?? "").toLowerCase();
    if (type.includes("text/event-stream")) this.#models.streams(this.#model);
    else this.#learnWhole();
    return answer;
  }

  #learnWhole(): void {
    this.#isWhole = true;
    this.#models.answersWhole(this.#model);
  }

  /** Of a model that streams otherwise, only a refusal that speaks of streams is about this one. */
  async #read(answer: UpstreamAnswer): Promise<{ isAboutStreams: boolean; answer: UpstreamAnswer }> {
    const { target } = this.#route;
    const tooLarge = (): Error =>
      new LongstopError("upstream_unreadable", `The upstream ${target.name} refuses at too great a length.`);
    try {
      const bytes = await answer.whole(refusalBytesMax, tooLarge);
      return {
        isAboutStreams: /stream/i.test(bytes.toString("latin1")),
        answer: ReceivedAnswer.read(answer, bytes),
      };
    } catch (thrown) {
      throw answerError(thrown, target);
    }
  }

  #isComplete(stream: string): boolean {
    const reader = this.#protocol.openReader();
    try {
      for (const frame of framesIn(stream)) if (reader.read(frame) === "error") return false;
    } catch (thrown) {
      if (thrown instanceof SseError || thrown instanceof LongstopError) return false;
      throw thrown;
    }
    return reader.turn().complete;
  }
}

function textOf(body: Body): string {
  if (typeof body === "string") return body;
  return body === null ? "" : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}
