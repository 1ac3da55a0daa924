import type { Dispatcher } from "undici";
import { ReceivedAnswer, type AnswerWait } from "../../../src/proxy/received-answer.ts";
import { targetOf } from "./engine-settings.ts";

type RawHeaders = Exclude<Dispatcher.DispatchController["rawHeaders"], undefined>;

/** An answer in a test's hands: what undici would do to it, a test does. */
export interface ArrivingAnswer {
  readonly answer: ReceivedAnswer;
  /** What the answer did to its connection, in order: `pause`, `resume`, `abort: <reason>`. */
  readonly asked: string[];
  start(): void;
  headers(status: number, raw?: RawHeaders): void;
  chunk(text: string | Uint8Array): void;
  end(): void;
  fail(cause: Error): void;
}

export function arrivingAnswer(
  wait: Partial<AnswerWait> = {},
  target = targetOf("there", "http://there.test"),
): ArrivingAnswer {
  const answer = new ReceivedAnswer(target, { headers: () => {}, failed: () => {}, ...wait });
  const asked: string[] = [];
  let paused = false;
  let over = false;
  const controller = {
    aborted: false,
    reason: null,
    rawHeaders: [] as RawHeaders,
    get paused() {
      return paused;
    },
    pause() {
      paused = true;
      asked.push("pause");
    },
    resume() {
      paused = false;
      asked.push("resume");
    },
    abort(reason: Error) {
      asked.push(`abort: ${reason.message}`);
      if (over) return;
      over = true;
      answer.onResponseError(null, reason);
    },
  };
  return {
    answer,
    asked,
    start: () => answer.onRequestStart(controller),
    headers(status, raw = []) {
      controller.rawHeaders = raw;
      answer.onResponseStart(controller, status);
    },
    chunk: (bytes) => answer.onResponseData(controller, Buffer.from(bytes as string)),
    end() {
      over = true;
      answer.onResponseEnd();
    },
    fail(cause) {
      over = true;
      answer.onResponseError(controller, cause);
    },
  };
}

/** A whole answer that has arrived already. */
export function arrivedAnswer(bytes: Uint8Array, headers: readonly string[] = []): ReceivedAnswer {
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200, [...headers]);
  arriving.chunk(bytes);
  arriving.end();
  return arriving.answer;
}
