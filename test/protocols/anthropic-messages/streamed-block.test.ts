import { describe, expect, it } from "vitest";
import { StreamedBlock } from "../../../src/protocols/anthropic-messages/streamed-block.ts";

function block(start: string, ...deltas: string[]): StreamedBlock {
  const made = new StreamedBlock(start);
  for (const delta of deltas) made.apply(JSON.parse(delta), () => delta);
  return made;
}

describe("a content block made of its pieces", () => {
  it("joins text and keeps the members that no delta names", () => {
    const text = block(
      '{"type":"text", "text":"", "x": 1.50}',
      '{"type":"text_delta","text":"a\\n"}',
      '{"type":"text_delta","text":"\\ud83d"}',
      '{"type":"text_delta","text":"\\ude00"}',
    );
    expect(text.text).toBe("a\n😀");
    expect(text.json()).toBe('{"type":"text", "text":"a\\n😀", "x": 1.50}');
  });

  it("appends thinking and replaces the signature, which is no text that the client sees", () => {
    const thought = block(
      '{"type":"thinking","thinking":"","signature":""}',
      '{"type":"thinking_delta","thinking":"I "}',
      '{"type":"thinking_delta","thinking":"see."}',
      '{"type":"signature_delta","signature":"c2ln\\u003d"}',
    );
    expect(thought.text).toBe("");
    expect(thought.json()).toBe('{"type":"thinking","thinking":"I see.","signature":"c2ln\\u003d"}');
  });

  it("collects citations as they were written", () => {
    const cited = block(
      '{"type":"text","text":"","citations":[]}',
      '{"type":"citations_delta","citation":{"type":"char_location","start_char_index": 1.0}}',
      '{"type":"text_delta","text":"so"}',
      '{"type":"citations_delta","citation":{"type":"page_location"}}',
    );
    expect(cited.json()).toBe(
      '{"type":"text","text":"so","citations":[{"type":"char_location","start_char_index": 1.0},{"type":"page_location"}]}',
    );
  });

  it("gives the arguments exactly as the model wrote them", () => {
    const call = block(
      '{"type":"tool_use","id":"t","name":"f","input":{},"caller":{"type":"direct"}}',
      '{"type":"input_json_delta","partial_json":""}',
      '{"type":"input_json_delta","partial_json":"{ \\"n\\": 2.5"}',
      '{"type":"input_json_delta","partial_json":"0, \\"n\\": 3}"}',
    );
    expect(call.use).toMatchObject({ by: "client", inputText: '{ "n": 2.50, "n": 3}' });
    expect(call.json()).toBe(
      '{"type":"tool_use","id":"t","name":"f","input":{ "n": 2.50, "n": 3},"caller":{"type":"direct"}}',
    );
  });

  it("takes the input of the start where no delta says any", () => {
    const empty = '{"type":"input_json_delta","partial_json":""}';
    expect(block('{"type":"tool_use","id":"t","name":"f","input":{}}', empty).use?.inputText).toBe("{}");
    const whole = '{"type":"tool_use","id":"t","name":"f","input":{"a":1}}';
    expect(block(whole).use?.inputText).toBe('{"a":1}');
    expect(block(whole).json()).toBe(whole);
    expect(block('{"type":"tool_use","id":"t","name":"f"}').use?.inputText).toBe("{}");
  });

  it("gives a malformed input as it is to the judges, and valid to the provider", () => {
    const cut = block(
      '{"type":"tool_use","id":"t","name":"f","input":{}}',
      '{"type":"input_json_delta","partial_json":"{\\"a\\":"}',
    );
    expect(cut.use?.inputText).toBe('{"a":');
    expect(cut.json()).toBe('{"type":"tool_use","id":"t","name":"f","input":{}}');
  });

  it("takes the final values of compaction and of deltas that it does not know", () => {
    expect(
      block(
        '{"type":"compaction","content":null}',
        '{"type":"compaction_delta","content":"Summary","encrypted_content":"e"}',
      ).json(),
    ).toBe('{"type":"compaction","content":"Summary","encrypted_content":"e"}');
    expect(block('{"type":"new","score":0}', '{"type":"new_delta","score": 1.0}').json()).toBe(
      '{"type":"new","score":1.0}',
    );
  });
});
