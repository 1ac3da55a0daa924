import { describe, expect, it } from "vitest";
import {
  argumentFault,
  callInWords,
  complaintOf,
  type ArgumentFault,
} from "../../../src/validators/openapi/call-in-words.ts";

describe("what a caller is told", () => {
  it("names the place of a fault in the call, unescaped, and what is known there", () => {
    const fault = {
      pointer: "/query/a~1b",
      kind: "unknown-parameter",
      expected: "",
      found: '"a/b"',
    } as const;
    expect(argumentFault({ ...fault, closest: '"ab"', known: ["ab"] })).toEqual({
      in: "query",
      name: "a/b",
      pointer: "/a~1b",
      message: 'there is no such parameter. Did you mean "ab"?',
      known: ["ab"],
    });
    expect(
      argumentFault({ ...fault, kind: "missing", pointer: "/body", expected: "an object", known: ["path"] }),
    ).toEqual({
      in: "body",
      name: null,
      pointer: "",
      message: "missing; expected an object.",
    });
    expect(argumentFault({ ...fault, kind: "forbidden", pointer: "/body" }).message).toBe(
      "this operation takes no body.",
    );
  });

  it("says all of it, and that nothing was sent, within a bound", () => {
    const fault: ArgumentFault = { in: "body", name: null, pointer: "/a", message: "missing.", known: ["b"] };
    expect(callInWords("POST", "/x", [fault, { ...fault, pointer: "" }], 2)).toBe(
      [
        "The call POST /x was not made, and nothing was sent: it does not fit what the API takes.",
        '- body /a: missing. Known: "b".',
        '- body: missing. Known: "b".',
        "- and 2 more faults.",
        "Correct this in the call; the same call is refused again.",
      ].join("\n"),
    );
    const many = Array.from({ length: 500 }, (_, place): ArgumentFault => ({
      ...fault,
      pointer: `/${place}`,
    }));
    const words = callInWords("POST", "/x", many, 0);
    expect(words.length).toBeLessThan(4_100);
    expect(words).toMatch(/- and more\.\nCorrect this in the call; .*$/);
  });

  it("says why a method and a path are no operation", () => {
    expect(complaintOf("PUT", { kind: "method", path: "/a", methods: ["GET", "POST"] })).toBe(
      "PUT is no operation of /a, which takes GET, POST.",
    );
    expect(complaintOf("PUT", { kind: "spelling", path: "/a" })).toBe(
      "write the path as the API has it: /a.",
    );
    expect(complaintOf("PUT", { kind: "unknown", closest: ["/a", "/b"] })).toContain(
      "Did you mean /a or /b?",
    );
  });
});
