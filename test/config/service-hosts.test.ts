import { describe, expect, it } from "vitest";
import { servicesAt } from "../../src/config/service-hosts.ts";
import type { KeyedService } from "../../src/exchange/keyed-service.ts";

function fits(pattern: string, url: string): boolean {
  return servicesAt([{ hosts: ["nowhere.test", pattern] } as unknown as KeyedService], url).length === 1;
}

describe("the host of a row", () => {
  it.each([
    ["api.stripe.com", "https://api.stripe.com", true],
    ["api.stripe.com", "https://API.Stripe.com:443/base", true],
    ["api.stripe.com", "http://api.stripe.com.:8080", true],
    ["api.stripe.com", "https://evil-api.stripe.com", false],
    ["api.stripe.com", "https://api.stripe.com.evil.test", false],
    ["api.stripe.com", "https://files.api.stripe.com", false],
    ["*.adyen.com", "https://checkout-test.adyen.com", true],
    ["*.adyen.com", "https://pal.live.adyen.com", true],
    ["*.adyen.com", "https://adyen.com", false],
    ["*.adyen.com", "https://notadyen.com", false],
    ["api.*.ppro.com", "https://api.eu.ppro.com", true],
    ["api.*.ppro.com", "https://api.a.b.ppro.com", false],
    ["127.0.0.1", "http://127.0.0.1:9000", true],
  ])("%s fits %s: %s", (pattern, url, expected) => {
    expect(fits(pattern, url)).toBe(expected);
  });

  it("gives the rows in the order of the table", () => {
    const rows = ["a.test", "b.test", "a.test"].map((host, i) => ({ name: `${i}`, hosts: [host] }));
    const found = servicesAt(rows as unknown as KeyedService[], "https://a.test");
    expect(found.map(({ name }) => name)).toEqual(["0", "2"]);
  });
});
