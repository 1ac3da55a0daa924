import { describe, expect, it } from "vitest";
import { keySlot } from "../../../../src/proxy/effects/injection/key-slot.ts";
import type { KeyPlace } from "../../../../src/exchange/keyed-service.ts";
import { opened, requestOf, textOf } from "./requests.ts";

const form = "application/x-www-form-urlencoded";
const refund = JSON.stringify({
  query: "mutation($i: I) { refundCreate(input: $i) { id } }",
  variables: { i: {} },
});

describe("the place for a key", () => {
  it.each<[KeyPlace, string, string, string]>([
    [{ in: "header", name: "Key" }, "{}", "application/json", "Key: k-1"],
    [{ in: "header", name: "Key", quoted: true }, "{}", "application/json", 'Key: "k-1"'],
    [{ in: "json", pointer: "/key" }, "{}", "application/json", '{"key":"k-1"}'],
    [{ in: "form", field: "Key" }, "a=1", form, "a=1&Key=k-1"],
    [{ in: "query", parameter: "key" }, "", "", "/v1/charges?key=k-1"],
    [
      { in: "graphql-variable", fields: ["refundCreate"], argument: "input", pointer: "/key" },
      refund,
      "application/json",
      '"variables":{"i":{"key":"k-1"}}',
    ],
    [
      { in: "graphql-directive", fields: ["refundCreate"], directive: "idempotent", argument: "key" },
      refund,
      "application/json",
      String.raw`@idempotent(key: \"k-1\")`,
    ],
  ])("%j takes one", (place, body, type, written) => {
    const sent = opened(keySlot(place, requestOf(body, type))).with("k-1");
    const pairs = sent.headers.map((one, i) => (i % 2 === 0 ? `${one}: ` : `${one}\n`)).join("");
    expect(`${pairs}${sent.path}\n${textOf(sent)}`).toContain(written);
    expect(opened(keySlot(place, sent)).key).toBe("k-1");
  });

  it("is closed in body and query where the client signed them, and open in a header", () => {
    const headers = ["Content-Type", "application/json", "Authorization", "AWS4-HMAC-SHA256 Credential=x"];
    const signed = requestOf("{}", "", { headers });
    expect(keySlot({ in: "json", pointer: "/key" }, signed).kind).toBe("closed");
    expect(keySlot({ in: "query", parameter: "key" }, signed).kind).toBe("closed");
    expect(keySlot({ in: "header", name: "Key" }, signed).kind).toBe("open");
  });
});
