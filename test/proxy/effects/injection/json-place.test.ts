import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonBody, jsonSlot } from "../../../../src/proxy/effects/injection/json-place.ts";
import { stepsOf } from "../../../../src/wire/json-pointer.ts";
import { bodyWith, opened, requestOf, textOf } from "./requests.ts";

const pointer = "/idempotency_key";

describe("a key in a JSON body", () => {
  it("stands behind all other members, which keep their order, spelling and duplicates", () => {
    const body = '\uFEFF{ "amount" : 10.00, "id":12345678901234567890,\n "a":1, "a":2 }\n';
    expect(bodyWith(jsonSlot(requestOf(body), pointer), "k")).toBe(
      '\uFEFF{ "amount" : 10.00, "id":12345678901234567890,\n "a":1, "a":2,"idempotency_key":"k" }\n',
    );
    expect(bodyWith(jsonSlot(requestOf("{}"), pointer), "k")).toBe('{"idempotency_key":"k"}');
  });

  it("is the client's own where there is one, and goes for the identity of the call", () => {
    const request = requestOf('{"idempotency_key": "mi\\u006ee", "amount": 1}');
    const slot = opened(jsonSlot(request, pointer));
    expect(slot.key).toBe("mine");
    expect(slot.with("mine")).toBe(request);
    expect(bodyWith(slot, "first")).toBe('{"idempotency_key": "first", "amount": 1}');
    expect(textOf(slot.without())).toBe('{"amount": 1}');
  });

  it("takes the place of null and of an empty text, which are no keys", () => {
    for (const nothing of ["null", '""']) {
      const slot = opened(jsonSlot(requestOf(`{"idempotency_key":${nothing}}`), pointer));
      expect(slot.key).toBeNull();
      expect(bodyWith(slot, "k")).toBe('{"idempotency_key":"k"}');
    }
  });

  it("stands deeper, in objects that are made where they are missing", () => {
    const deep = "/headers/idempotencyKey";
    expect(bodyWith(jsonSlot(requestOf('{"to":1}'), deep), "k")).toBe(
      '{"to":1,"headers":{"idempotencyKey":"k"}}',
    );
    expect(bodyWith(jsonSlot(requestOf('{"headers":{"x":1}}'), deep), "k")).toBe(
      '{"headers":{"x":1,"idempotencyKey":"k"}}',
    );
    expect(opened(jsonSlot(requestOf('{"headers":{"idempotencyKey":"mine"}}'), deep)).key).toBe("mine");
  });

  it.each([
    ["no object", "[1]", "application/json"],
    ["no JSON", '{"a":1,}', "application/json"],
    ["a fault behind the place", '{"idempotency_key":null, "a":tru}', "application/json"],
    ["nothing", "", "application/json"],
    ["another media type", "{}", "text/plain"],
    ["another charset", "{}", "application/json; charset=utf-16"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), "application/json"],
    ["two members of the name", '{"idempotency_key":"a","idempotency_key":"b"}', "application/json"],
    ["a number in the place", '{"idempotency_key":7}', "application/json"],
    ["deeper nesting than is followed", `{"a":${"[".repeat(600)}${"]".repeat(600)}}`, "application/json"],
  ])("is not put into a body that is or has %s", (_what, body, type) => {
    expect(jsonSlot(requestOf(body, type), pointer).kind).toBe("closed");
  });

  it("is not put where something else than an object is on the way", () => {
    for (const headers of ["null", "[]", '"x"']) {
      expect(jsonSlot(requestOf(`{"headers":${headers}}`), "/headers/key").kind).toBe("closed");
    }
  });

  it("comes back as it was given, and taken out leaves what came, for every body and key", () => {
    const names = fc.constantFrom("a", "b", "__proto__", "", "k~/");
    const bodies = fc.dictionary(names, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: false });
    const keys = fc.string({ minLength: 1, unit: "grapheme" });
    const spacing = fc.constantFrom(undefined, "  ", "\t");
    fc.assert(
      fc.property(bodies, keys, spacing, (value, key, space) => {
        const request = requestOf(JSON.stringify(value, null, space));
        const sent = opened(jsonSlot(request, "/the~1key")).with(key);
        const again = opened(jsonSlot(sent, "/the~1key"));
        expect(again.key).toBe(key);
        expect(JSON.parse(textOf(again.without()))).toEqual(JSON.parse(textOf(request)));
        // The key and one comma aside, every byte is one of the original's, in its order.
        const added = `${JSON.stringify("the/key")}:${JSON.stringify(key)}`;
        const at = textOf(sent).lastIndexOf(added);
        const before = textOf(sent).slice(0, at).replace(/,$/, "");
        expect(before + textOf(sent).slice(at + added.length)).toBe(textOf(request));
      }),
    );
  });

  it("is found by a pointer with escapes", () => {
    expect(stepsOf("/a~1b/c~0d/")).toEqual(["a/b", "c~d", ""]);
    expect(stepsOf("")).toEqual([]);
  });

  it("says in a sentence why a body is none", () => {
    expect(jsonBody(requestOf("[]"))).toEqual({ why: "the body is no JSON object" });
    expect(jsonBody(requestOf("{}", "application/merge-patch+json"))).toMatchObject({ text: "{}" });
  });
});
