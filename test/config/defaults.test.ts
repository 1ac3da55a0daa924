import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { prepared, withDefaults } from "../../src/config/defaults.ts";
import { composeSchema, type Schema } from "../../src/config/schema.ts";
import { openChecker } from "../../src/config/schema-faults.ts";
import { testSockets } from "./sockets.ts";

const schema = composeSchema(testSockets);

describe("withDefaults", () => {
  it("fills in entries of maps and lists, and leaves what is written", () => {
    const tools = { t: { url: "http://h", timeoutMs: 5 } };
    expect(withDefaults(schema, { tools, posts: [{ guard: "budget", lowWater: 0.2 }] })).toMatchObject({
      tools: { t: { url: "http://h", timeoutMs: 5, effect: "by-method", clientKeys: "random" } },
      posts: [{ guard: "budget", mode: "enforce", onError: "block", lowWater: 0.2, highWater: 0.9 }],
    });
  });

  it("leaves alone what does not fit", () => {
    expect(withDefaults(schema, 3)).toBe(3);
    expect(withDefaults(schema, { posts: [{ guard: "nobody" }, 7], limits: [] })).toMatchObject({
      posts: [{ guard: "nobody" }, 7],
      limits: [],
    });
  });

  it("gives a tree without faults for an empty one: the defaults fit their own schema", () => {
    expect(openChecker(schema)(withDefaults(schema, {}))).toEqual([]);
  });

  it("changes nothing when it is done again", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("listen", "limits", "tools", "posts", "x"), fc.jsonValue()),
        (tree) => {
          const once = withDefaults(schema, tree);
          expect(withDefaults(schema, once)).toEqual(once);
        },
      ),
    );
  });

  it("does not end in circles over a default of null", () => {
    const nullable: Schema = {
      type: "object",
      properties: { a: { type: ["string", "null"], default: null } },
    };
    expect(withDefaults(nullable, {})).toEqual({ a: null });
  });
});

describe("prepared", () => {
  it("takes empty sections for absent, and lets no empty list through", () => {
    expect(prepared(schema, { listen: null, tools: null, posts: null, upstreams: null })).toEqual({
      listen: {},
      tools: {},
      posts: null,
      upstreams: null,
    });
  });

  it("adds the kind of a ledger that names none", () => {
    expect(prepared(schema, { ledger: { file: "x" } })).toEqual({ ledger: { kind: "sqlite", file: "x" } });
    expect(prepared(schema, { ledger: null })).toEqual({ ledger: { kind: "sqlite" } });
    expect(prepared(schema, { ledger: { kind: 3 } })).toEqual({ ledger: { kind: 3 } });
  });
});
