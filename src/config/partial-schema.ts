import type { Schema } from "./schema.ts";

/** Keys of `turns` about what there is of an answer before it is whole. */
export const partialKeys: Readonly<Record<string, Schema>> = {
  upstreamStreaming: {
    type: "string",
    enum: ["auto", "off"],
    default: "auto",
    description:
      "auto: where a turn is recorded and its client wants a whole answer, its model is asked to stream, " +
      "and the client gets what it tells as one document. off: the model is asked as the client asks.",
  },
  onPartial: {
    type: "string",
    enum: ["attach", "replay-partial", "continue"],
    default: "attach",
    description:
      "What the retry of a recorded turn gets that broke off. attach: the answer that is being made, or " +
      "the model is asked anew. replay-partial: what had come of it, ended as by the token limit. " +
      "continue: the text that had come of it and what the model goes on with, where it does that.",
  },
};
