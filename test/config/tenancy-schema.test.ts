import { describe, expect, it } from "vitest";
import { apiKeySchema, keysSchema, tenancySchema } from "../../src/config/tenancy-schema.ts";
import { withDefaults } from "../../src/config/defaults.ts";

describe("the schemas of keys", () => {
  it("ask for no key unless it is said", () => {
    expect(tenancySchema.default).toBe("single");
    expect(withDefaults(keysSchema({}), undefined)).toEqual({});
  });

  it("fill in nothing where no credential is given, so that the client's own passes", () => {
    expect(withDefaults({ type: "object", properties: { apiKey: apiKeySchema } }, {})).toEqual({});
  });

  it("have no limits where none are given", () => {
    expect(withDefaults(keysSchema({}), { acme: { keys: [{ env: "K" }] } })).toEqual({
      acme: { keys: [{ env: "K", disabled: false }], requestsPerMinuteMax: 0, concurrentMax: 0 },
    });
  });
});
