import { describe } from "vitest";
import { openaiResponses } from "../../../src/protocols/openai-responses/index.ts";
import { cutStreamSuite } from "../cut-streams.ts";

describe("an answer that was cut", () => {
  cutStreamSuite(openaiResponses, {
    path: "/v1/responses",
    body: { model: "gpt-4o", stream: true, input: "Hi" },
  });
});
