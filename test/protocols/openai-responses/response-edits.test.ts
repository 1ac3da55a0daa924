import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import {
  responseEdits,
  type ResponseChange,
} from "../../../src/protocols/openai-responses/response-edits.ts";
import { ShownItems } from "../../../src/protocols/openai-responses/shown-items.ts";
import { eventOf, type StreamEvent } from "../../../src/protocols/openai-responses/stream-event.ts";
import { callItem, eventFrameOf, type Json } from "./traffic.ts";

const message = { type: "message", id: "msg_1" };
const ended = (response: Json) => JSON.stringify({ type: "response.completed", response });

/** What the client has from an earlier turn, with this one begun. */
function shownBefore(): ShownItems {
  const shown = new ShownItems();
  shown.take(
    eventOf(eventFrameOf("response.output_item.added", { output_index: 0, item: message })) as StreamEvent,
    0,
  );
  shown.nextTurn();
  return shown;
}

function edited(text: string, more: Partial<ResponseChange>): Json {
  const change = {
    envelope: undefined,
    shown: new ShownItems(),
    changeOf: () => undefined,
    addOutputTokens: 0,
    ...more,
  };
  return (JSON.parse(applyEdits(text, responseEdits(text, change))) as Json)["response"];
}

describe("the response in a last event", () => {
  it("is the one that the client was told of, with all that it has", () => {
    const text = ended({
      id: "second",
      created_at: 2,
      output: [callItem("c1")],
      usage: { output_tokens: 1, total_tokens: 2 },
    });
    const envelope = '{"id":"first","created_at":1,"output":[]}';
    expect(edited(text, { envelope, shown: shownBefore(), addOutputTokens: 5 })).toEqual({
      id: "first",
      created_at: 1,
      output: [message, callItem("c1")],
      usage: { output_tokens: 6, total_tokens: 7 },
    });
  });

  it.each([{ output: [] }, {}])("has an output although the server gives none: %j", (given) => {
    const response = edited(ended({ id: "second", ...given }), {
      envelope: '{"id":"first"}',
      shown: shownBefore(),
    });
    expect(response).toEqual({ id: "first", output: [message] });
  });

  it("loses and changes calls, and is left alone otherwise", () => {
    const text = ended({ output: [callItem("c1"), callItem("c2")] });
    const changeOf: ResponseChange["changeOf"] = (element, index) =>
      index === 0 ? { kind: "drop" } : { kind: "rewrite", argumentsText: String(element["call_id"]) };
    expect(edited(text, { changeOf })).toEqual({ output: [callItem("c2", { arguments: "c2" })] });
    expect(
      responseEdits(text, {
        envelope: undefined,
        shown: new ShownItems(),
        changeOf: () => undefined,
        addOutputTokens: 0,
      }),
    ).toEqual([]);
    expect(edited('{"type":"x","response":null}', {})).toBeNull();
  });
});
