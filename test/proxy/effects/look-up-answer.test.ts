import { describe, expect, it } from "vitest";
import { readLookUp } from "../../../src/proxy/effects/look-up-answer.ts";
import type { LookUp } from "../../../src/proxy/settings.ts";

const byList: LookUp = {
  path: "/charges?key={key}",
  found: { at: "/data/0/id" },
  answer: "/data/0",
  absent: { statuses: [404], emptyAt: "/data", afterSeconds: 0 },
};
const read = (body: unknown, status = 200, how = byList, equals: string | null = null) =>
  readLookUp(how, equals, status, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)));

describe("the answer to a look-up", () => {
  it("shows that the call was executed, and what its answer is, as it is written", () => {
    expect(read('{"data": [ {"id": 7, "n": 1.0} ]}')).toEqual({
      kind: "found",
      answer: '{"id": 7, "n": 1.0}',
    });
    expect(read({ id: 1 }, 200, { ...byList, found: { at: "/id" }, answer: "" })).toEqual({
      kind: "found",
      answer: '{"id":1}',
    });
  });

  it("shows so only by the very value, where one is asked for", () => {
    expect(read({ data: [{ id: 7 }] }, 200, byList, "7")).toMatchObject({ kind: "found" });
    expect(read({ data: [{ id: 7 }] }, 200, byList, "8")).toEqual({ kind: "unknown" });
    expect(read({ data: [{ id: {} }] }, 200, byList, "{}")).toEqual({ kind: "unknown" });
  });

  it("shows that it surely was not, only in the ways that are configured", () => {
    expect(read("", 404)).toEqual({ kind: "absent" });
    expect(read({ data: [] })).toEqual({ kind: "absent" });
    const { absent: _none, ...sure } = byList;
    expect(read("", 404, sure)).toEqual({ kind: "unknown" });
    expect(read({ data: [] }, 200, sure)).toEqual({ kind: "unknown" });
    const byStatus = { ...byList, absent: { statuses: [404], emptyAt: null, afterSeconds: 0 } };
    expect(read({ data: [] }, 200, byStatus)).toEqual({ kind: "unknown" });
  });

  it.each([
    ["another status", '{"data":[{"id":1}]}', 500],
    ["a redirect", '{"data":[{"id":1}]}', 302],
    ["a refusal", '{"data":[{"id":1}]}', 403],
    ["no JSON", "<html>", 200],
    ["a cut one", '{"data":[', 200],
    ["a name that comes twice", '{"data":[{"id":1}],"data":[]}', 200],
    ["null in its place", '{"data":[{"id":null}]}', 200],
    ["another shape", '{"data":{}}', 200],
    ["nothing in its place", "{}", 200],
    ["nothing where the caller's part should be", '{"data":[{"id":1}]}', 200],
  ])("says nothing as %s", (which, body, status) => {
    const how = which.includes("caller's part") ? { ...byList, answer: "/charge" } : byList;
    expect(read(body, status, how)).toEqual({ kind: "unknown" });
  });
});
