import { describe, expect, it } from "vitest";
import { References } from "../../src/validators/references.ts";
import { BrokenSchema } from "../../src/validators/schema.ts";

const target = { type: "string" };

function resolved(document: object, reference: string): unknown {
  const references = new References(document);
  return references.resolve(reference, references.root.base).raw;
}

describe("references", () => {
  it.each([
    ["a pointer", { $defs: { a: target } }, "#/$defs/a"],
    [
      "a pointer into places that are no schemas",
      { components: { schemas: { "a/b": target } } },
      "#/components/schemas/a~1b",
    ],
    ["a percent-encoded pointer", { $defs: { "a b": target } }, "#/$defs/a%20b"],
    ["an anchor", { $defs: { a: { ...target, $anchor: "here" } } }, "#here"],
    ["a dynamic anchor", { $defs: { a: { ...target, $dynamicAnchor: "here" } } }, "#here"],
    ["an id of draft-06 that is an anchor", { definitions: { a: { ...target, $id: "#here" } } }, "#here"],
    [
      "an id inside the schema",
      { $id: "https://example.com/root", $defs: { a: { ...target, $id: "item" } } },
      "item",
    ],
    [
      "its whole address",
      { $id: "https://example.com/root", $defs: { a: { ...target, $id: "item" } } },
      "https://example.com/item",
    ],
    [
      "its own address with a pointer",
      { $id: "https://example.com/root", $defs: { a: target } },
      "https://example.com/root#/$defs/a",
    ],
  ])("follow %s", (_, document, reference) => {
    expect(resolved(document, reference)).toMatchObject(target);
  });

  it("take a relative reference from the id that it stands under", () => {
    const inner = { $id: "https://example.com/folder/item", $defs: { a: target } };
    const references = new References({ $defs: { inner } });
    const base = references.baseIn(inner, references.root.base);
    expect(references.resolve("#/$defs/a", base).raw).toBe(target);
  });

  it.each([
    ["https://another-tenant.example/schema", "leads out of the schema"],
    ["other.json#/a", "leads out of the schema"],
    ["file:///etc/passwd", "leads out of the schema"],
    ["http://json-schema.org/draft-07/schema#", "leads out of the schema"],
    ["#/$defs/missing", "leads nowhere"],
    ["#nowhere", "leads nowhere"],
    ["#/constructor/prototype", "leads nowhere"],
    ["#/%E0%A4%A", "leads nowhere"],
  ])("never leave the schema: %s %s", (reference, sentence) => {
    expect(() => resolved({ type: "object" }, reference)).toThrow(BrokenSchema);
    expect(() => resolved({ type: "object" }, reference)).toThrow(sentence);
  });
});
