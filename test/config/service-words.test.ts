import { describe, expect, it } from "vitest";
import { limitWords, placeWords, retentionWords, serviceWords } from "../../src/config/service-words.ts";
import type { KeyPlace } from "../../src/exchange/keyed-service.ts";
import { keyedService } from "../proxy/support/engine-settings.ts";

describe("a row of the table in words", () => {
  it.each<[KeyPlace, string]>([
    [{ in: "header", name: "X-Key" }, "the header X-Key"],
    [{ in: "header", name: "X-Key", quoted: true }, "the header X-Key, in quotes"],
    [{ in: "json", pointer: "/a/b" }, "the JSON member /a/b"],
    [{ in: "form", field: "Key" }, "the form field Key"],
    [{ in: "query", parameter: "key" }, "the query parameter key"],
    [
      { in: "graphql-variable", fields: ["*Create", "b"], argument: "input", pointer: "/id" },
      "the variable given to input, at /id, of *Create, b",
    ],
    [
      { in: "graphql-directive", fields: ["refund"], directive: "idempotent", argument: "key" },
      "the directive @idempotent(key) of refund",
    ],
  ])("says of %j: %s", (key, words) => {
    expect(placeWords(key)).toBe(words);
  });

  it("says which keys are taken and how long they are remembered", () => {
    const row = keyedService({
      limits: { lengthMax: 45, form: "uuid" },
      keyRetentionSeconds: 5400,
      conflict: "refused",
    });
    expect(limitWords(row)).toBe("at most 45 characters, a UUID");
    expect(limitWords(keyedService({ limits: { form: "alphanumeric" } }))).toBe("letters and digits");
    expect(retentionWords(row)).toBe("1.5 h");
    expect(serviceWords(row)).toBe(
      "Test service: key in the header Idempotency-Key, at most 45 characters, a UUID, remembered 1.5 h, " +
        "its 409 is a refusal",
    );
    expect(serviceWords(keyedService())).toBe(
      "Test service: key in the header Idempotency-Key, how long it is remembered is not stated, so nothing is " +
        "sent again by itself",
    );
  });
});
