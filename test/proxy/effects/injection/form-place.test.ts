import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formSlot, querySlot } from "../../../../src/proxy/effects/injection/form-place.ts";
import { bodyWith, opened, requestOf, textOf } from "./requests.ts";

const form = "application/x-www-form-urlencoded";

describe("a key in a form", () => {
  it("stands at the end, and every byte before it as it came", () => {
    const body = Buffer.concat([Buffer.from("To=%2B49&Body=a+b&raw="), Buffer.of(0xff, 0x00, 0xfe)]);
    const slot = opened(formSlot(requestOf(body, form), "IdempotencyKey"));
    expect(Buffer.from(slot.with("k-1").body)).toEqual(
      Buffer.concat([body, Buffer.from("&IdempotencyKey=k-1")]),
    );
  });

  it("is the client's own where there is one, and goes for the identity of the call", () => {
    const slot = opened(formSlot(requestOf("a=1&IdempotencyKey=mine&b=2", form), "IdempotencyKey"));
    expect(slot.key).toBe("mine");
    expect(textOf(slot.without())).toBe("a=1&b=2");
    expect(bodyWith(slot, "other")).toBe("a=1&IdempotencyKey=other&b=2");
  });

  it.each([
    ["another media type", "{}", "application/json"],
    ["no media type", "", ""],
    ["two fields of the name", "K=1&K=2", form],
    ["an escape that may be the name", "%FF=1", form],
  ])("is not put into a body with %s", (_what, body, type) => {
    expect(formSlot(requestOf(body, type), "K").kind).toBe("closed");
  });

  it("comes back as it was given, and leaves the rest of any form byte for byte", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.string({ minLength: 1 }), (bytes, key) => {
        const request = requestOf(bytes, form);
        const slot = formSlot(request, "IdempotencyKey");
        if (slot.kind === "closed" || !key.isWellFormed()) return;
        const sent = slot.with(key);
        expect(opened(formSlot(sent, "IdempotencyKey")).key).toBe(key);
        expect(Buffer.from(sent.body).subarray(0, bytes.length)).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("a key in the query", () => {
  it("stands at its end", () => {
    expect(opened(querySlot(requestOf("{}"), "requestId")).with("k").path).toBe("/v1/charges?requestId=k");
    const some = requestOf("{}", "application/json", { path: "/x?a=%2f&b" });
    expect(opened(querySlot(some, "requestId")).with("k").path).toBe("/x?a=%2f&b&requestId=k");
  });

  it("is the client's own where there is one", () => {
    const slot = opened(querySlot(requestOf("", "", { path: "/x?requestId=mine&a=1" }), "requestId"));
    expect(slot.key).toBe("mine");
    expect(slot.without().path).toBe("/x?a=1");
    expect(slot.with("other").path).toBe("/x?requestId=other&a=1");
  });

  it("is not put there where it came twice", () => {
    expect(querySlot(requestOf("", "", { path: "/x?r=1&r=2" }), "r").kind).toBe("closed");
  });
});
