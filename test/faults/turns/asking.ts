import { request as httpRequest } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { readAnswer, type Content, type Read, type Speech } from "./speech.ts";

/**
 * What a client that asks again says of itself. `marked`: it is a retry, by the SDKs' own header. `unmarked`:
 * nothing, in the same attempt. `rerun`: it is a later attempt of the run. `sample`: nothing, and it wants
 * another answer each time.
 */
export type Way = "marked" | "unmarked" | "rerun" | "sample";

/** What came of one request. */
export interface Heard extends Read {
  /** 0 where nothing came at all. */
  readonly status: number;
  readonly body: string;
  readonly form: "stream" | "whole";
  readonly replayed: boolean;
  /** False where it was told that nothing was written down of it. */
  readonly recorded: boolean;
  /** The client went away itself. */
  readonly left: boolean;
}

export interface AskOptions {
  /** The client goes away once what it has is like this, or after so long, ms. */
  readonly leave?: RegExp | number;
  readonly form?: "stream" | "whole";
  /** It is asked as a later attempt, whatever the way. */
  readonly later?: true;
  /** It is asked in the attempt of this name. */
  readonly attempt?: string;
}

/** Within this time after its fault each client must have its answer, ms. */
const answeredMsMax = 30_000;

/** One turn that somebody wants, and all that was heard of it. */
export class Asking {
  readonly turn: string;
  readonly way: Way;
  readonly content: Content;
  readonly heard: Heard[] = [];
  /** How many generations may have been paid in the end. */
  readonly paid: readonly number[];
  readonly #speech: Speech;
  #starts = 0;

  constructor(turn: string, way: Way, content: Content, speech: Speech, paid: readonly number[]) {
    this.turn = turn;
    this.way = way;
    this.content = content;
    this.paid = paid;
    this.#speech = speech;
  }

  async once(port: number, options: AskOptions = {}): Promise<Heard> {
    const isLater = options.later === true || (this.way === "rerun" && this.#starts > 0);
    const isMarked = this.way === "marked" && this.#starts > 0 && !isLater;
    this.#starts += 1;
    const attempt = options.attempt ?? (isLater ? `later-${this.#starts}` : "a");
    const got = await send(port, `/run/${this.turn}/attempt/${attempt}${this.#speech.path}`, {
      ...options,
      headers: {
        ...this.#speech.headers(this.turn),
        ...(isMarked ? { "x-stainless-retry-count": "1" } : {}),
      },
      body: this.#speech.body((options.form ?? "stream") === "stream"),
    });
    const heard = { ...got, ...readAnswer(this.#speech, got.body, got.ended, this.content) };
    this.heard.push({
      ...heard,
      endsWell: heard.endsWell && heard.status === 200,
      form: options.form ?? "stream",
    });
    return this.heard.at(-1) as Heard;
  }

  /** Asks until there is an answer; gives up after a while. */
  async insist(port: number, options: AskOptions = {}): Promise<void> {
    for (const untilMs = performance.now() + answeredMsMax; performance.now() < untilMs; await sleep(100)) {
      if ((await this.once(port, options)).endsWell) return;
    }
  }
}

interface Got extends Pick<Heard, "status" | "body" | "replayed" | "recorded" | "left"> {
  readonly ended: boolean;
}

function send(
  port: number,
  path: string,
  {
    headers,
    body,
    leave,
  }: AskOptions & { readonly headers: Readonly<Record<string, string>>; readonly body: string },
): Promise<Got> {
  return new Promise((resolve) => {
    let text = "";
    let left = false;
    const nothing = { status: 0, replayed: false, recorded: true, ended: false };
    const request = httpRequest({ host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
      const read = (chunk: string): void => {
        text += chunk;
        if (leave instanceof RegExp && leave.test(text)) goAway();
      };
      answer.setEncoding("utf8");
      answer.on("data", read);
      answer.on("error", () => {});
      read("");
      answer.on("close", () =>
        resolve({
          status: answer.statusCode ?? 0,
          body: text,
          replayed: answer.headers["longstop-replayed"] === "true",
          recorded:
            answer.headers["longstop-recorded"] !== "false" && !/^: longstop .*"recorded":false/m.test(text),
          ended: answer.complete,
          left,
        }),
      );
    });
    const goAway = (): void => {
      left = true;
      request.destroy();
    };
    request.on("error", () => resolve({ ...nothing, body: text, left }));
    request.end(body);
    if (typeof leave === "number") setTimeout(goAway, leave);
  });
}
