import { describe, expect, it } from "vitest";
import { fieldAt, fieldOf, removeFields, setField, snakeCase } from "../../../src/protocols/gemini/fields.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

function at(text: string, name: string): string | undefined {
  const span = fieldAt(text, rootSpan(text), name);
  return span === undefined ? undefined : text.slice(span.start, span.end);
}

describe("a field of protobuf JSON", () => {
  it("is found in either spelling", () => {
    expect(snakeCase("allowedFunctionNames")).toBe("allowed_function_names");
    expect(at('{"functionCall":1}', "functionCall")).toBe("1");
    expect(at('{"function_call":2}', "functionCall")).toBe("2");
    expect(fieldOf({ function_call: 3 }, "functionCall")).toBe(3);
  });

  it("is absent where it is null", () => {
    expect(at('{"functionCall":null,"function_call":4}', "functionCall")).toBe("4");
    expect(at('{"functionCall":null}', "functionCall")).toBeUndefined();
    expect(fieldOf({ functionCall: null }, "functionCall")).toBeUndefined();
  });

  it("keeps its spelling where it gets another value, and leaves in both", () => {
    const text = '{"a":1,"max_items":2}';
    expect(applyEdits(text, [setField(text, rootSpan(text), "maxItems", "9")])).toBe('{"a":1,"max_items":9}');
    expect(applyEdits(text, [setField(text, rootSpan(text), "minItems", "0")])).toBe(
      '{"a":1,"max_items":2,"minItems":0}',
    );
    expect(applyEdits(text, removeFields(text, rootSpan(text), ["maxItems"]))).toBe('{"a":1}');
  });
});
