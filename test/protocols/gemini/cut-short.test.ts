import { describe } from "vitest";
import { gemini } from "../../../src/protocols/gemini/index.ts";
import { cutStreamSuite } from "../cut-streams.ts";

describe("an answer that was cut", () => {
  cutStreamSuite(gemini, {
    path: "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    body: { contents: [{ role: "user", parts: [{ text: "Hi" }] }] },
  });
});
