import { describe, expect, it } from "vitest";
import { callerHeaders, readCaller } from "../../src/proxy/caller.ts";
import { findRoute } from "../../src/proxy/routes.ts";
import { engineSettings } from "./support/engine-settings.ts";

const routeOf = (url: string): ReturnType<typeof findRoute> => findRoute(url, {}, engineSettings());
const bare = routeOf("/v1/models");

describe("who is calling", () => {
  it("is an anonymous run of the one tenant where nothing is said", () => {
    expect(readCaller(bare, {})).toEqual({
      tenant: "local",
      run: { id: null, stage: null, attempt: null },
      agent: null,
    });
  });

  it("is looked for in headers of ours only, however they are written", () => {
    const headersDistinct = { "longstop-run": ["r"], "content-type": ["text/plain"] };
    const written = (name: string) =>
      callerHeaders({ rawHeaders: ["Host", "a", name, "r"], headersDistinct });
    expect(written("Longstop-Run")).toBe(headersDistinct);
    expect(written("LONGSTOP-AGENT")).toBe(headersDistinct);
    expect(written("X-Longstop-Run")).toEqual({});
  });

  it("is said in headers or in the URL, or in both alike", () => {
    const said = { id: "r", stage: "s", attempt: "a" };
    const headers = {
      "longstop-run": ["r"],
      "longstop-stage": ["s"],
      "longstop-attempt": ["a"],
      "longstop-agent": ["planner"],
    };
    const url = routeOf("/run/r/attempt/a/stage/s/v1/models");
    expect(readCaller(bare, headers)).toMatchObject({ run: said, agent: "planner" });
    expect(readCaller(url, {})).toMatchObject({ run: said, agent: null });
    expect(readCaller(url, headers)).toMatchObject({ run: said });
  });

  it("takes a percent sign in a header for itself: only the URL is encoded", () => {
    expect(readCaller(bare, { "longstop-run": ["50%25 off"] }).run.id).toBe("50%25 off");
    expect(
      readCaller(routeOf("/run/50%2525%20off/v1/models"), { "longstop-run": ["50%25 off"] }).run.id,
    ).toBe("50%25 off");
  });

  it.each(["run", "stage", "attempt"])("refuses a %s header that differs from the URL", (what) => {
    const url = routeOf("/run/r/attempt/r/stage/r/v1/models");
    expect(() => readCaller(url, { [`longstop-${what}`]: ["other"] })).toThrow(
      expect.objectContaining({ code: "header_conflict", status: 400 }),
    );
  });

  it("refuses a header that stands twice, which Node would join to a third name", () => {
    expect(() => readCaller(bare, { "longstop-run": ["a", "b"] })).toThrow(
      /Longstop-run stands more than once/,
    );
    expect(() => readCaller(bare, { "longstop-agent": ["a", "a"] })).toThrow(/stands more than once/);
  });

  it.each([{ "longstop-stage": ["s"] }, { "longstop-attempt": ["a"] }])(
    "refuses %j without a run",
    (headers) => {
      expect(() => readCaller(bare, headers)).toThrow(/need a run/);
    },
  );

  it.each(["", "x".repeat(257), "a\tb"])("refuses the name %j", (name) => {
    expect(() => readCaller(bare, { "longstop-run": [name] })).toThrow(
      expect.objectContaining({ code: "request_malformed" }),
    );
  });
});
