import { describe, expect, it } from "vitest";
import { StreamedItem } from "../../../src/protocols/openai-responses/streamed-item.ts";
import { callItem, type Json } from "./traffic.ts";

function itemOf(fields: Json, opened = true): StreamedItem {
  return new StreamedItem(0, opened, JSON.stringify(fields), fields);
}
const begun = callItem("c1", { arguments: "" });
const delta = (text: string) => ["response.function_call_arguments.delta", { delta: text }] as const;
const whole = (item: StreamedItem, fields: Json) => item.takeWhole(JSON.stringify(fields), fields);

describe("an item that comes in pieces", () => {
  it("has the arguments of its pieces, or of the whole where there are none", () => {
    const item = itemOf(begun);
    for (const piece of ['{"city"', ':"Paris"}']) item.takePiece(...delta(piece));
    whole(item, callItem("c1"));
    expect(item.argumentsText).toBe('{"city":"Paris"}');
    const silent = itemOf(begun);
    silent.takePiece("response.function_call_arguments.done", { arguments: "{}" });
    expect(silent.argumentsText).toBe("{}");
    expect(silent.assembled["arguments"]).toBe("{}");
    expect(silent.callsClient).toBe(true);
  });

  it("is refused where its pieces and its whole differ, however small that is", () => {
    const item = itemOf(begun);
    item.takePiece(...delta('{"city":"Paris"}'));
    expect(() => whole(item, callItem("c1", { arguments: '{"city":"Rome"}' }))).toThrow(
      "two sets of arguments",
    );
    expect(() =>
      item.takePiece("response.function_call_arguments.done", { arguments: '{"city":"Rome"}' }),
    ).toThrow("two sets");
    expect(() => whole(item, callItem("c1", { name: "other" }))).toThrow("two names");
    expect(() => whole(item, callItem("c1", { arguments: '{ "city": "Paris" }' }))).not.toThrow();
  });

  it("has what came, where the client has the beginning already", () => {
    const item = itemOf({ type: "function_call", id: "fc" }, false);
    item.takePiece(...delta('ris"}'));
    whole(item, callItem("c1"));
    expect(item.argumentsText).toBe('{"city":"Paris"}');
    const text = itemOf({ type: "message", id: "msg" }, false);
    text.takePiece("response.output_text.done", { content_index: 0, text: "All." });
    expect(text.text).toBe("");
  });

  it("has the text of its parts, refusals too, each once", () => {
    const item = itemOf({ type: "message", content: [] });
    item.takePiece("response.output_text.delta", { content_index: 0, delta: "Hel" });
    item.takePiece("response.output_text.delta", { content_index: 0, delta: "lo" });
    item.takePiece("response.output_text.done", { content_index: 0, text: "Hello" });
    item.takePiece("response.refusal.done", { content_index: 1, refusal: "No." });
    expect(item.text).toBe("HelloNo.");
    const closed = itemOf({ type: "message", content: [{ type: "output_text", text: "Hi" }] });
    closed.closed = true;
    expect(closed.text).toBe("Hi");
  });
});
