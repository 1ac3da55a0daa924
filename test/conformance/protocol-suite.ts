import { describe } from "vitest";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { answersSuite } from "./protocol/answers.ts";
import { consumersSuite } from "./protocol/consumers.ts";
import type { Consumer } from "./protocol/consumer.ts";
import { editsSuite } from "./protocol/edits.ts";
import { Fixtures } from "./protocol/fixtures.ts";
import { formsSuite } from "./protocol/forms.ts";
import { removedOffersSuite } from "./protocol/removed-offers.ts";

export interface ProtocolSubject {
  /** Where clients send such requests, without prefixes. */
  readonly path: string;
  /** The member of a request that is the list of messages. */
  readonly list: string;
  /**
   * A request body as a client writes it. In this order: a system prompt, the task, an answer with
   * text, another user message, an answer with two calls, their results, a user message. At least two
   * offers of functions; thinking in an answer where the protocol has thinking.
   */
  readonly conversation: string;
  /** The same without a system prompt and without tools. */
  readonly bareConversation: string;
  /**
   * The conversation with a choice that lets the model call these of its tools only (Chat's and
   * Responses' `allowed_tools`, Gemini's `allowedFunctionNames`); null where the protocol has no such.
   */
  readonly choosing: ((names: readonly string[]) => string) | null;
  /** Names of fixtures whose stream says what no whole answer can, such as a call that was cut. */
  readonly onlyStreamed?: readonly string[];
  /** Real clients of this protocol. */
  readonly consumers: readonly Consumer[];
}

/** What every protocol promises, checked on its fixtures and on the real clients that speak it. */
export function protocolSuite(protocol: Protocol, subject: ProtocolSubject): void {
  const fixtures = new Fixtures(protocol.name);
  describe(`the protocol ${protocol.name}`, () => {
    answersSuite(protocol, fixtures);
    editsSuite(protocol, subject);
    removedOffersSuite(protocol, subject);
    consumersSuite(protocol, fixtures, subject);
    formsSuite(protocol, fixtures, subject);
  });
}
