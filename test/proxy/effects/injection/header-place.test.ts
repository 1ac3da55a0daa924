import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerSlot } from "../../../../src/proxy/effects/injection/header-place.ts";
import { opened, requestOf } from "./requests.ts";

const withHeaders = (...headers: string[]) => requestOf("{}", "application/json", { headers });

describe("a key in a header", () => {
  it("stands at the end, bare", () => {
    const slot = opened(headerSlot(withHeaders("A", "1"), "Idempotency-Key", false));
    expect(slot.key).toBeNull();
    expect(slot.with("k-1").headers).toEqual(["A", "1", "Idempotency-Key", "k-1"]);
  });

  it("stands in quotes where the service reads a string of RFC 8941", () => {
    const slot = opened(headerSlot(withHeaders(), "Idempotency-Key", true));
    expect(slot.with('a"b\\c').headers).toEqual(["Idempotency-Key", String.raw`"a\"b\\c"`]);
  });

  it("is read with its quotes off, whichever form the service wants", () => {
    const quoted = withHeaders("idempotency-key", '"8e03"', "B", "2");
    expect(opened(headerSlot(quoted, "Idempotency-Key", false)).key).toBe("8e03");
    expect(opened(headerSlot(quoted, "Idempotency-Key", false)).with("8e03").headers).toEqual([
      "idempotency-key",
      "8e03",
      "B",
      "2",
    ]);
    expect(opened(headerSlot(quoted, "Idempotency-Key", true)).with("8e03")).toBe(quoted);
  });

  it("takes the place of the client's own", () => {
    const slot = opened(headerSlot(withHeaders("X-Key", "old", "B", "2"), "x-key", false));
    expect(slot.key).toBe("old");
    expect(slot.with("new").headers).toEqual(["X-Key", "new", "B", "2"]);
  });

  it("leaves identity to the rest of the request", () => {
    const request = withHeaders("X-Key", "old");
    expect(opened(headerSlot(request, "X-Key", false)).without()).toBe(request);
  });

  it("is not put there where the header came twice, or cannot be read as ASCII", () => {
    expect(headerSlot(withHeaders("K", "1", "k", "2"), "K", false).kind).toBe("closed");
    expect(headerSlot(withHeaders("K", "schlüssel"), "K", false).kind).toBe("closed");
  });

  it("comes back as it was given, quoted or not", () => {
    const visible = fc.stringMatching(/^[!#-[\]-~](?:[ -~]{0,40}[!#-[\]-~])?$/);
    fc.assert(
      fc.property(visible, fc.boolean(), (key, quoted) => {
        const sent = opened(headerSlot(withHeaders("A", "1"), "Key", quoted)).with(key);
        expect(opened(headerSlot(sent, "Key", quoted)).key).toBe(key);
      }),
    );
  });
});
