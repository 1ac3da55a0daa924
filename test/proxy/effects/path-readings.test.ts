import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathReadings } from "../../../src/proxy/effects/path-readings.ts";

const readingsOf = (path: string): string[] =>
  pathReadings(path)
    .filter(({ caseless }) => !caseless)
    .map(({ segments }) => `/${segments.join("/")}`);

describe("the readings of a path", () => {
  it("are two where nothing is ambiguous: as it stands, and in lower case", () => {
    expect(pathReadings("/v1/Charges")).toEqual([
      { segments: ["v1", "Charges"], caseless: false },
      { segments: ["v1", "charges"], caseless: true },
    ]);
    expect(readingsOf("/")).toEqual(["/"]);
  });

  it.each([
    ["/v1/%63harges", "/v1/charges"],
    ["/v1/%C3%BCber", "/v1/über"],
    ["/v1%2Fcharges", "/v1/charges"],
    ["/v1%2fcharges", "/v1%2Fcharges"],
    ["/v1%252Fcharges", "/v1/charges"],
    ["/v1/%2563harges", "/v1/charges"],
    ["/v1//charges", "/v1/charges"],
    ["/v1/charges/", "/v1/charges"],
    ["//v1/charges//", "/v1/charges"],
    ["/v1/charges;a=1", "/v1/charges"],
    ["/v1;x/charges", "/v1/charges"],
    ["/v1/charges%3Ba=1", "/v1/charges"],
    ["/v1%5Ccharges", "/v1/charges"],
    ["/v1/x/..;/charges", "/v1/charges"],
    ["/v1%2F..%2Fv1%2F.%2Fcharges", "/v1/charges"],
    ["/v1/%E9t%E9", "/v1/été"],
  ])("of %s have %s among them", (written, read) => {
    expect(readingsOf(written)).toContain(read);
  });

  it("keep the path as it was written where only a service knows more", () => {
    expect(readingsOf("/v1//a%2Fb/")).toContain("/v1//a%2Fb/");
    expect(readingsOf("/v1/a;b")).toContain("/v1/a;b");
  });

  it("have the plain path among them, however it was spelled", () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9 ü~_-]{1,8}$/);
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.nat(5)),
        (plain, how) => {
          const next = (): number => how.next().value ?? 0;
          const spelled = plain.map((one) => spell(one, next) + (next() === 0 ? ";p=1" : ""));
          const path = `/${spelled.join(next() === 0 ? "//" : "/")}${next() === 0 ? "/" : ""}`;
          expect(readingsOf(path)).toContain(`/${plain.join("/")}`);
        },
      ),
    );
  });

  it("are few and found in any path, also one that is no path", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("%", "2", "f", "F", "/", ";", "\\", ".", "a") }),
        (rest) => {
          expect(pathReadings(`/${rest}`).length).toBeLessThanOrEqual(24);
        },
      ),
    );
  });
});

/** Some characters as escapes, in either case, some of them twice. */
function spell(text: string, next: () => number): string {
  const how = next();
  return Array.from(text)
    .map((character) => {
      const once = [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).padStart(2, "0")}`)
        .join("");
      if (how === 0) return once;
      if (how === 1) return once.replaceAll("%", "%25");
      return how === 2 || /[ ü]/.test(character) ? once.toUpperCase() : character;
    })
    .join("");
}
