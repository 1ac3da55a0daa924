import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formAsJson, pairsOf, partsOf } from "../../../src/validators/openapi/form-body.ts";
import { Shape } from "../../../src/validators/openapi/shape.ts";

const schema = {
  type: "object",
  properties: {
    n: { type: "integer" },
    tags: { type: "array", items: { type: "string" } },
    meta: { type: "object", properties: { k: { type: "integer" } } },
    csv: { type: "array", items: { type: "integer" } },
  },
};
const form = { schema, encoding: { csv: { explode: false }, meta: { style: "deepObject" } } };

function value(entries: Parameters<typeof formAsJson>[0]): unknown {
  return JSON.parse(formAsJson(entries, form, new Shape({}, schema), "typed"));
}

describe("a form", () => {
  it("is read as browsers and URLSearchParams write it", () => {
    expect(pairsOf("a=1&b=%C3%A4+x&&c&=d&e=f=g")).toEqual([
      ["a", "1"],
      ["b", "ä x"],
      ["c", ""],
      ["", "d"],
      ["e", "f=g"],
    ]);
    expect(() => pairsOf("a=%")).toThrow(URIError);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }))),
        (pairs) => {
          const written = new URLSearchParams(pairs.map(([name, text]) => [name, text]));
          expect(pairsOf(written.toString())).toEqual([...written]);
        },
      ),
    );
  });

  it("has members of the types of its schema, in every way to write them", () => {
    const texts = pairsOf("n=3&tags=a&tags=b&meta[k]=4&csv=1,2&other=5");
    expect(value({ texts, jsons: [] })).toEqual({
      n: 3,
      tags: ["a", "b"],
      meta: { k: 4 },
      csv: [1, 2],
      other: "5",
    });
    expect(value({ texts: pairsOf("tags[]=a&tags[]=b&meta=%7B%22k%22:4%7D"), jsons: [] })).toEqual({
      tags: ["a", "b"],
      meta: { k: 4 },
    });
    expect(value({ texts: pairsOf("tags=a"), jsons: [["n", "7"]] })).toEqual({ n: 7, tags: ["a"] });
  });

  it("is given up where it has more names or characters than anybody writes", () => {
    expect(pairsOf("a=1&".repeat(1_000).slice(0, -1))).toHaveLength(1_000);
    expect(() => pairsOf("a=1&".repeat(1_001))).toThrow("more than 1000 parameters");
    expect(() => pairsOf(`a=${"b".repeat(2 ** 20)}`)).toThrow("characters");
  });

  it("keeps a name that stands twice twice, so that the check says so", () => {
    expect(formAsJson({ texts: pairsOf("n=1&n=2"), jsons: [] }, form, new Shape({}, schema), "typed")).toBe(
      '{"n":1,"n":2}',
    );
  });
});

describe("a multipart form", () => {
  it("is read as fetch writes it: texts, JSON, and files whose bytes are not looked at", async () => {
    const written = new FormData();
    written.set("n", "3");
    written.append("tags", "a\r\nb");
    written.append("tags", "ä");
    written.set("meta", new Blob(['{"k":4}'], { type: "application/json" }));
    written.set("file", new File(["\r\n--bytes"], "a.png", { type: "image/png" }));
    const request = new Request("http://x.example", { method: "POST", body: written });
    const parts = partsOf(
      request.headers.get("content-type") ?? "",
      new Uint8Array(await request.arrayBuffer()),
    );
    expect(parts?.texts).toEqual([
      ["n", "3"],
      ["tags", "a\r\nb"],
      ["tags", "ä"],
      ["meta", ""],
      ["file", ""],
    ]);
  });

  const part = (...heads: readonly string[]): string => heads.map((head) => `--b\r\n${head}`).join("\r\n");
  const read = (text: string, type = "multipart/form-data; boundary=b"): unknown =>
    partsOf(type, Buffer.from(text));

  it("takes a part that says that it is JSON for JSON", () => {
    const json = 'Content-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n';
    expect(read(`${part(`${json}{"k":4}`)}\r\n--b--`)).toEqual({ texts: [], jsons: [["meta", '{"k":4}']] });
    expect(read(`${part(`${json}{`)}\r\n--b--`)).toEqual({ texts: [], jsons: [["meta", '"{"']] });
  });

  it.each([
    "",
    "x",
    "--b",
    "--b\r\nContent-Disposition: form-data\r\n\r\n1\r\n--b--",
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1',
  ])("is none where it is cut or has no names: %j", (text) => {
    expect(read(text)).toBeUndefined();
  });

  it("is none without a boundary, or with parts without number", () => {
    expect(read("--b--", "multipart/form-data")).toBeUndefined();
    const many = Array.from({ length: 2_000 }, () => 'Content-Disposition: form-data; name="a"\r\n\r\n1');
    expect(read(`${part(...many)}\r\n--b--`)).toBeUndefined();
  });
});
