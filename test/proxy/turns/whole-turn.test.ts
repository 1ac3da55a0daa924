import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { protocols } from "../../../src/protocols/index.ts";
import { isWholeTurn } from "../../../src/proxy/turns/whole-turn.ts";

const stream = "text/event-stream; charset=utf-8";

function fixture(protocol: string, name: string): string {
  return readFileSync(join(import.meta.dirname, "../../fixtures", protocol, name), "utf8");
}

describe.each(["openai-chat", "openai-responses", "anthropic-messages"])("a body of %s", (name) => {
  const protocol = protocols.find((one) => one.name === name);
  if (protocol === undefined) throw new Error(`there is no ${name}`);

  it.each(["text.sse", "tool-call.sse"])("is whole to its end and not before, as in %s", (file) => {
    const events = fixture(name, file).split("\n\n");
    expect(isWholeTurn(protocol, stream, events.join("\n\n"))).toBe(true);
    const cut = events.map((_, at) => isWholeTurn(protocol, stream, events.slice(0, at).join("\n\n")));
    // The last events may say nothing new, such as `[DONE]`.
    expect(cut.slice(0, -4)).not.toContain(true);
  });

  it("is whole as a document that can be read", () => {
    const document = fixture(name, "text.json");
    expect(isWholeTurn(protocol, "application/json", document)).toBe(true);
    expect(isWholeTurn(protocol, "application/json", document.slice(0, -3))).toBe(false);
  });

  it("is not whole where it is no stream of this protocol", () => {
    expect(isWholeTurn(protocol, stream, "data: not JSON\n\n")).toBe(false);
    expect(isWholeTurn(protocol, stream, "")).toBe(false);
  });
});
