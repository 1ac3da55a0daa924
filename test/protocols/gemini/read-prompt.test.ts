import { describe, expect, it } from "vitest";
import { layoutOf, readPrompt } from "../../../src/protocols/gemini/read-prompt.ts";
import { conversation, fixture, path, promptOf } from "./traffic.ts";

describe("reading a Gemini request", () => {
  it("finds model and stream in the path, and the rest in either spelling", () => {
    const body = fixture("requests/snake-case.json");
    const prompt = readPrompt(body, "/v1/models/gemini-3-flash:streamGenerateContent");
    expect(prompt).toMatchObject({
      model: "gemini-3-flash",
      stream: true,
      choices: 1,
      answerTokensMax: 256,
      toolChoice: { kind: "named", names: ["get_weather"] },
      kept: [],
    });
    expect(prompt.offers[0]?.schemaText).toContain('"type":"object"');
    expect(prompt.parts.map(({ kind, role }) => `${role} ${kind}`)).toEqual([
      "system tools",
      "system system",
      "user text",
      "assistant call",
      "tool result",
    ]);
    expect(prompt.parts.at(-1)?.result).toEqual({ callId: "", toolName: "get_weather", isError: false });
  });

  it("takes the pieces of a streamed answer, each a content of its own, for one message", () => {
    const prompt = readPrompt(fixture("requests/streamed-chat.json"), path);
    expect(prompt.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    const { partsFrom, partsTo, span } = prompt.messages[1]!;
    expect(prompt.parts.slice(partsFrom, partsTo).map(({ kind }) => kind)).toEqual([
      "text",
      "text",
      "thinking",
    ]);
    expect(prompt.text.slice(span.start, span.end)).toMatch(/^\{.*"Once ".*\}\]\}$/);
    expect(layoutOf(prompt).runs).toEqual([
      { from: 0, to: 1 },
      { from: 1, to: 4 },
      { from: 4, to: 5 },
    ]);
    expect(layoutOf({ ...prompt }).runs).toEqual(layoutOf(prompt).runs);
  });

  it("says what the provider keeps, and how many answers are asked for", () => {
    const prompt = readPrompt(fixture("requests/streamed-chat.json"), path);
    expect(prompt.kept).toEqual([{ kind: "conversation", id: "cachedContents/fixture" }]);
    expect(prompt.offersElsewhere).toBe(true);
    expect(prompt.choices).toBe(2);
  });

  it("reads a user's content only where it is new", () => {
    const first = promptOf({ role: "user", parts: [{ text: "Hi" }] });
    const second = promptOf(
      { role: "user", parts: [{ text: "Hi" }] },
      { role: "model", parts: [{ text: "Ho" }] },
    );
    expect(second.messages[0]?.hash).toBe(first.messages[0]?.hash);
    expect(second.parts[0]?.texts).toBe(first.parts[0]?.texts);
  });

  it("has a head of its own for other tools and another instruction", () => {
    const head = (text: string) => readPrompt(text, path).headHash;
    expect(head(conversation)).toBe(head(conversation.replace("And now?", "And then?")));
    expect(head(conversation)).not.toBe(head(conversation.replace("You are terse.", "You are kind.")));
    expect(head(conversation)).not.toBe(head(conversation.replace("get_time", "get_date")));
  });

  it("checks every field, also those that it does not read", () => {
    const broken = conversation.replace("[1.0, 12345678901234567890]", "[01]");
    expect(() => readPrompt(broken, path)).toThrow(expect.objectContaining({ code: "request_malformed" }));
  });
});
