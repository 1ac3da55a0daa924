import { describe, expect, it } from "vitest";
import { newExchangeId } from "../../src/proxy/exchange-id.ts";

describe("the id of an exchange", () => {
  it("is random, and no other exchange has it", () => {
    const ids = Array.from({ length: 5000 }, newExchangeId);
    for (const id of ids) expect(id).toMatch(/^req_[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
    const halves = ids.flatMap((id) => [id.slice(4, 20), id.slice(20)]);
    expect(new Set(halves).size).toBe(halves.length);
  });
});
