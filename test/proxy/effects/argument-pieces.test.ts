import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { argumentPieces } from "../../../src/proxy/effects/argument-pieces.ts";
import type { KeyFields } from "../../../src/proxy/settings.ts";
import { sha256Hex } from "../../../src/text/hash.ts";

const keyOf = (
  type: string | undefined,
  body: string | Uint8Array,
  fields: Partial<KeyFields> = {},
): string =>
  sha256Hex(
    ...argumentPieces(type, typeof body === "string" ? Buffer.from(body) : body, {
      include: [],
      ignore: [],
      ...fields,
    }),
  );

const formType = "application/x-www-form-urlencoded";

async function multipart(
  fields: readonly (readonly [string, string | Blob])[],
): Promise<[string, Uint8Array]> {
  const data = new FormData();
  for (const [name, value] of fields) data.append(name, value);
  const request = new Request("http://tool", { method: "POST", body: data });
  return [request.headers.get("content-type") ?? "", new Uint8Array(await request.arrayBuffer())];
}

describe("the arguments of a call", () => {
  it("of no body are none, whatever its type", () => {
    expect(keyOf("application/json", "")).toBe(keyOf(formType, ""));
    expect(keyOf(undefined, "")).not.toBe(keyOf(undefined, "null"));
  });

  it("of a form are its fields, under its charset", () => {
    expect(keyOf(formType, "a=1&b=2")).toBe(keyOf(`${formType}; charset=UTF-8`, "b=2&a=1"));
    expect(keyOf(formType, "a=%E9")).not.toBe(keyOf(`${formType}; charset=latin1`, "a=%E9"));
    expect(keyOf(formType, "a=%")).not.toBe(keyOf(formType, "a=%25"));
    expect(keyOf(formType, '{"a":1}')).not.toBe(keyOf("application/json", '{"a":1}'));
  });

  it("of a multipart body are its parts, under any boundary", async () => {
    const fields = [
      ["a", "1"],
      ["file", new Blob(["bytes"], { type: "image/png" })],
    ] as const;
    const [one, other] = [await multipart(fields), await multipart(fields)];
    expect(one[0]).not.toBe(other[0]);
    expect(keyOf(...one)).toBe(keyOf(...other));
    const changes: (readonly (readonly [string, string | Blob])[])[] = [
      [["a", "2"], fields[1]],
      [["b", "1"], fields[1]],
      [fields[0], ["file", new Blob(["bytes"], { type: "image/gif" })]],
      [fields[0], ["file", new Blob(["Bytes"], { type: "image/png" })]],
      [fields[1], fields[0]],
      [fields[0]],
      [...fields, fields[0]],
    ];
    const keys = await Promise.all(changes.map(async (change) => keyOf(...(await multipart(change)))));
    expect(new Set([keyOf(...one), ...keys]).size).toBe(changes.length + 1);
  });

  it("of a multipart body leave out the parts that are ignored", async () => {
    const ignore = ["/nonce"];
    const one = keyOf(
      ...(await multipart([
        ["a", "1"],
        ["nonce", "x"],
      ])),
      { ignore },
    );
    expect(
      keyOf(
        ...(await multipart([
          ["nonce", "y"],
          ["a", "1"],
        ])),
        { ignore },
      ),
    ).toBe(one);
    expect(
      keyOf(
        ...(await multipart([
          ["a", "2"],
          ["nonce", "x"],
        ])),
        { ignore },
      ),
    ).not.toBe(one);
    // The name of a file is not the name of its field.
    const file = new File(["1"], "nonce");
    expect(
      keyOf(
        ...(await multipart([
          ["a", "1"],
          ["file", file],
        ])),
        { ignore },
      ),
    ).not.toBe(one);
    const include = ["/a"];
    expect(
      keyOf(
        ...(await multipart([
          ["a", "1"],
          ["b", "2"],
        ])),
        { include },
      ),
    ).toBe(
      keyOf(
        ...(await multipart([
          ["a", "1"],
          ["b", "3"],
        ])),
        { include },
      ),
    );
    expect(keyOf(...(await multipart([["b", "2"]])), { include })).not.toBe(
      keyOf(...(await multipart([["b", "3"]])), { include }),
    );
  });

  it("of a multipart body that is cut are its bytes, under its boundary", async () => {
    const [type, bytes] = await multipart([["a", "1"]]);
    const cut = bytes.subarray(0, bytes.length - 9);
    expect(keyOf(type, cut)).not.toBe(keyOf(type, bytes));
    expect(keyOf(`${type}x`, cut)).not.toBe(keyOf(type, cut));
    expect(keyOf("multipart/form-data", bytes)).not.toBe(keyOf(type, bytes));
    expect(keyOf(type.replace("form-data", "mixed"), bytes)).not.toBe(keyOf(type, bytes));
  });

  it("of GraphQL are its document as it stands, and its variables in any order", () => {
    const body = (query: string, variables: string, more = ""): string =>
      `{"query":${JSON.stringify(query)},"variables":${variables}${more}}`;
    const mutation = "mutation P($a: Int) { pay(amount: $a) { id } }";
    const one = keyOf("application/json", body(mutation, '{"a":1,"b":2}', ',"operationName":"P"'));
    expect(
      keyOf("application/json", `{"operationName":"P",${body(mutation, '{ "b":2, "a":1.0 }').slice(1)}`),
    ).toBe(one);
    for (const other of [
      body(mutation.replace(" }", "  }"), '{"a":1,"b":2}', ',"operationName":"P"'),
      body(mutation, '{"a":2,"b":2}', ',"operationName":"P"'),
      body(mutation, '{"a":1,"b":2}'),
      body(mutation, '{"a":1,"b":2}', ',"operationName":"P","extensions":{}'),
    ]) {
      expect(keyOf("application/json", other)).not.toBe(one);
    }
    expect(keyOf("application/graphql", mutation)).not.toBe(keyOf("application/graphql", `${mutation} `));
  });

  it("of any type are never those of other bytes, unless both mean the same", () => {
    const types = [
      "application/octet-stream",
      "image/png",
      "text/plain; charset=utf-16",
      "multipart/mixed; boundary=b",
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...types, formType, "application/json"),
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        (type, one, other) => {
          fc.pre(!Buffer.from(one).equals(Buffer.from(other)));
          if (keyOf(type, one) !== keyOf(type, other)) return;
          const means = (bytes: Uint8Array): string => {
            if (type !== formType) return JSON.stringify(JSON.parse(Buffer.from(bytes).toString()));
            const fields = new URLSearchParams(Buffer.from(bytes).toString("latin1"));
            fields.sort();
            return fields.toString();
          };
          expect(means(one)).toBe(means(other));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("are known however many fields or parts there are", () => {
    const many = (count: number, one: string): string => Array(count).fill(one).join("");
    expect(keyOf(formType, many(200_000, "a=1&"))).not.toBe(keyOf(formType, many(200_001, "a=1&")));
    const parts = many(20_000, "--b\r\n\r\nx\r\n");
    const mixed = "multipart/mixed; boundary=b";
    expect(keyOf(mixed, `${parts}--b--`)).not.toBe(keyOf(mixed, `${parts}--b--\r\n`));
  });

  it("take a hostile content type in their stride", () => {
    for (const type of [
      ";".repeat(60_000),
      `a${';b="'.repeat(20_000)}`,
      `multipart/form-data; boundary="${"\\".repeat(9_999)}`,
    ]) {
      expect(keyOf(type, "x")).not.toBe(keyOf(type, "y"));
    }
  });
});
