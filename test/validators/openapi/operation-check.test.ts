import * as fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { OperationCheck } from "../../../src/validators/openapi/operation-check.ts";
import {
  bookshop,
  checkOf,
  complaints,
  documentOf,
  faultsIn,
  openArguments,
  requestOf,
  usualRules,
  type TestCall,
} from "./calls.ts";

const isbn = "9780306406157";

describe("a call of an OpenAPI document", () => {
  it.each<[string, TestCall?]>([
    ["GET /v2/books"],
    ["HEAD /v2/books?limit=3"],
    ["GET /v2/books?limit=10&page=2&genre=novel&genre=poetry&inStock=true&api_key=x"],
    ["GET /v2/books?fields=title,price"],
    ["GET /v2/books?fields=title%2Cprice"],
    ["GET /v2/books?price[from]=1.5&price%5Bto%5D=20"],
    ["GET /v2/books?sort=title%7C-price"],
    ["GET /v2/books?near=%7B%22lat%22:1,%22lon%22:2%7D"],
    ["GET /v2/books/bestseller?week=2026-W07"],
    [`GET /v2/books/${isbn}`],
    [`GET /v2/books/%39780306406157`],
    ["POST /v2/books", { body: { isbn, title: "A", price: 3.5, genre: "poetry" } }],
    ["POST /v2/books", { body: { id: 3, isbn, title: "A", price: 3.5 } }],
    [
      `PATCH /v2/books/${isbn}`,
      {
        headers: { "if-match": '"a"' },
        body: { price: null },
        type: "application/merge-patch+json; charset=utf-8",
      },
    ],
    [`PUT /v2/books/${isbn}/cover`, { body: "bytes", type: "image/png" }],
    ["POST /v2/orders/12:cancel"],
    ["POST /v2/orders/12:cancel?reason=100"],
    ["POST /v2/orders/12:cancel?reason=late"],
    ["POST /v2/reviews"],
    ["POST /v2/reviews", { body: "no stars", type: "text/plain" }],
    ["POST /v2/reviews", { body: { stars: 1, replies: [{ stars: 2, replies: [{ stars: 3 }] }] } }],
    ["POST /v2/payments", { body: { kind: "card", number: "123456789012" } }],
    [
      "POST /v2/orders",
      {
        headers: { "X-Trace": "7", "Idempotency-Key": "k" },
        body: `customer=c&quantity=2&gift=true&metadata[a]=b&isbns=${isbn}&isbns=${isbn}`,
        type: "application/x-www-form-urlencoded",
      },
    ],
  ])("fits: %s", async (line, call) => {
    expect(await complaints(checkOf(bookshop), line, call)).toEqual([]);
  });

  it("is told all its faults at once, each with its place", async () => {
    const check = checkOf(bookshop);
    expect(
      await complaints(
        check,
        "GET /v2/books?limit=1000&page=x&genre=novel&genre=drama&lmit=3&inStock=yes&price[from]=-1",
      ),
    ).toEqual([
      "query /limit: expected at most 100; found 1000.",
      'query /page: expected an integer; found "x".',
      'query /genre/1: expected one of "novel", "poetry", "science"; found "drama".',
      'query /inStock: expected true or false; found "yes".',
      "query /price/from: expected at least 0; found -1.",
      'query /lmit: there is no such parameter. Did you mean "limit"?',
    ]);
    expect(
      await complaints(check, "POST /v2/orders?dry=1", {
        headers: { "x-trace": "abc" },
        body: { items: [{ isbn: "1", quantity: 0, with: [{ isbn, quantity: "2" }] }, {}] },
      }),
    ).toEqual([
      "query /dry: there is no such parameter.",
      "header /idempotency-key: missing; expected a string.",
      'header /x-trace: expected an integer; found "abc".',
      "body /customer: missing; expected a string.",
      'body /items/0/isbn: expected a string that matches the pattern ^[0-9]{13}$; found "1".',
      "body /items/0/quantity: expected at least 1; found 0.",
      'body /items/0/with/0/quantity: expected an integer; found "2".',
      "body /items/1/isbn: missing; expected a string.",
      "body /items/1/quantity: missing; expected an integer.",
    ]);
  });

  it("is read again as text where a schema takes numbers and text", async () => {
    const check = checkOf(bookshop);
    expect(await complaints(check, "POST /v2/orders/12:cancel?reason=99")).toHaveLength(1);
    const either = {
      oneOf: [
        { type: "integer", minimum: 100 },
        { type: "string", pattern: "^[0-9]{2}$" },
      ],
    };
    const parameters = [{ name: "a", in: "query", schema: either }];
    const api = checkOf({ openapi: "3.1.0", paths: { "/x": { get: { parameters } } } });
    expect(await complaints(api, "GET /v2/x?a=100")).toEqual([]);
    expect(await complaints(api, "GET /v2/x?a=42")).toEqual([]);
    expect(await complaints(api, "GET /v2/x?a=4")).toHaveLength(1);
  });

  it("is held against the form that its media type has", async () => {
    const check = checkOf(bookshop);
    const form = (body: string): Promise<readonly string[]> =>
      complaints(check, "POST /v2/orders", {
        headers: { "Idempotency-Key": "k" },
        body,
        type: "application/x-www-form-urlencoded",
      });
    expect(await form(`quantity=0&gift=maybe&metadata[a]=too-long&isbns=1&isbns=${isbn}&colour=red`)).toEqual(
      [
        "body /customer: missing; expected a string.",
        "body /quantity: expected at least 1; found 0.",
        'body /gift: expected true or false; found "maybe".',
        'body /metadata/a: expected at most 5 characters; this has 8; found "too-long".',
        'body /isbns/0: expected a string that matches the pattern ^[0-9]{13}$; found "1".',
        "body /colour: there is no such parameter.",
      ],
    );
    expect(await form("customer=c&quantity=1&quantity=2")).toEqual([
      "body /quantity: this name stands more than once in its object; expected it once.",
    ]);
    expect(await complaints(check, "POST /v2/payments", { body: "a=1", type: "text/csv" })).toEqual([
      "body : expected a body of the type application/json; found text/csv.",
    ]);
    expect(await complaints(check, "POST /v2/payments")).toEqual(["body : missing; expected a value."]);
    expect(await complaints(check, `GET /v2/books/${isbn}`, { body: {} })).toEqual([
      "body : this operation takes no body.",
    ]);
  });

  it("has a file where a multipart form wants one, and values of their types beside it", async () => {
    const check = checkOf(bookshop);
    const send = async (fields: Readonly<Record<string, string | Blob>>): Promise<readonly string[]> => {
      const written = new FormData();
      for (const [name, value] of Object.entries(fields)) written.set(name, value);
      const request = new Request("http://x.example", { method: "PUT", body: written });
      const body = Buffer.from(await request.arrayBuffer()).toString("latin1");
      return complaints(check, `PUT /v2/books/${isbn}/cover`, {
        body,
        type: request.headers.get("content-type") ?? "",
      });
    };
    const file = new Blob(["png"], { type: "image/png" });
    expect(await send({ file, width: "400", tags: "a", crop: '{"x":1}' })).toEqual([]);
    expect(await send({ width: "5000", crop: '{"y":1}' })).toEqual([
      "body /file: missing; expected a value.",
      "body /width: expected at most 4000; found 5000.",
      "body /crop/x: missing; expected an integer.",
    ]);
  });

  it("explains of several forms the closest one, whatever the discriminator says", async () => {
    expect(
      await complaints(checkOf(bookshop), "POST /v2/payments", { body: { kind: "card", number: "1" } }),
    ).toEqual(['body /number: expected at least 12 characters; found "1".']);
  });

  it("passes with what is not described, where that may pass, but in no other spelling of what is", async () => {
    const check = checkOf(bookshop, { unknownOperations: "pass", unknownParameters: "pass" });
    expect(await complaints(check, "DELETE /v2/else/where")).toEqual([]);
    expect(await complaints(check, "PUT /v2/orders")).toEqual([]);
    expect(await complaints(check, "GET /v2/books?lmit=3")).toEqual([]);
    expect(await complaints(check, "GET /v2/books?limit=x")).toHaveLength(1);
    expect(await complaints(check, "GET /v2/Books?limit=x")).toEqual([
      "path : write the path as the API has it: /books.",
    ]);
    expect(await complaints(check, "GET /v2/%2562ooks?limit=x")).toHaveLength(1);
  });

  it("is told what of its schemas is not enforced", async () => {
    const parameters = [{ name: "a", in: "query", schema: { type: "string", pattern: "(?=a)b" } }];
    const check = checkOf({ openapi: "3.0.0", paths: { "/x": { get: { parameters } } } });
    const verdict = await check.check(requestOf("GET /v2/x?a=b"));
    expect(verdict).toMatchObject({ kind: "fits", notes: [expect.stringContaining("(?=a)b")] });
  });
});

describe("any call", () => {
  const argumentCheck = openArguments();
  const shop = new OperationCheck(documentOf(bookshop), usualRules, argumentCheck);
  afterAll(() => argumentCheck.close());
  // Values that fit, and for each place one that does not.
  const query = fc.record(
    {
      limit: fc.integer({ min: 1, max: 100 }),
      page: fc.integer({ min: 1 }),
      inStock: fc.boolean(),
      genre: fc.array(fc.constantFrom("novel", "poetry", "science"), { minLength: 1 }),
      fields: fc
        .uniqueArray(fc.constantFrom("title", "price", "stock"), { minLength: 1 })
        .map((list) => list.join()),
    },
    { requiredKeys: [] },
  );
  const faulty = fc.constantFrom<readonly [string, string, string]>(
    ["limit", "0", "/limit"],
    ["limit", "1e9", "/limit"],
    ["page", "one", "/page"],
    ["inStock", "1", "/inStock"],
    ["genre", "drama", "/genre/0"],
    ["fields", "title,colour", "/fields/1"],
    ["unheard", "", "/unheard"],
  );
  const write = (pairs: readonly (readonly [string, unknown])[]): string => {
    const written = pairs.flatMap(([name, value]) =>
      Array.isArray(value) ? value.map((one) => [name, String(one)]) : [[name, String(value)]],
    );
    return new URLSearchParams(written).toString();
  };

  it("with values that fit passes, and with one fault in it is told that fault and its place", async () => {
    await fc.assert(
      fc.asyncProperty(query, faulty, async (values, [name, value, pointer]) => {
        const check = shop;
        expect(await complaints(check, `GET /v2/books?${write(Object.entries(values))}`)).toEqual([]);
        const others = Object.entries(values).filter(([key]) => key !== name);
        const verdict = await check.check(requestOf(`GET /v2/books?${write([...others, [name, value]])}`));
        expect(faultsIn(verdict).map((fault) => [fault.in, fault.pointer])).toEqual([["query", pointer]]);
      }),
      { numRuns: 50 },
    );
  });

  const item = fc.letrec<{ item: object }>((tie) => ({
    item: fc.record(
      {
        isbn: fc.stringMatching(/^[0-9]{13}$/),
        quantity: fc.integer({ min: 1 }),
        with: fc.array(tie("item"), { maxLength: 2, depthIdentifier: "item" }),
      },
      { requiredKeys: ["isbn", "quantity"] },
    ),
  })).item;

  it("with a body that fits passes, and with one fault anywhere in it is told that place alone", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string(),
        fc.array(item, { minLength: 1, maxLength: 3 }),
        fc.nat(),
        async (customer, items, at) => {
          const check = shop;
          const headers = { "Idempotency-Key": "k" };
          const body = { customer, items };
          expect(await complaints(check, "POST /v2/orders", { headers, body })).toEqual([]);
          const places = quantities(items, "/items");
          const place = places[at % places.length] ?? "";
          const spoilt = spoil(body, place);
          const verdict = await check.check(requestOf("POST /v2/orders", { headers, body: spoilt }));
          expect(faultsIn(verdict).map((fault) => fault.pointer)).toEqual([place]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("is judged alike however its path is percent-encoded", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }), async (encoded) => {
        const path = "orders"
          .split("")
          .map((letter, place) =>
            encoded[place] === true ? `%${letter.charCodeAt(0).toString(16)}` : letter,
          );
        const call = { headers: { "Idempotency-Key": "k" }, body: {} };
        expect(await complaints(shop, `POST /v2/${path.join("")}`, call)).toHaveLength(2);
      }),
      { numRuns: 20 },
    );
  });
});

describe("a hostile document or call", () => {
  const withBody = (schema: unknown, schemas: unknown = {}): unknown => ({
    openapi: "3.1.0",
    paths: { "/x": { post: { requestBody: { content: { "application/json": { schema } } } } } },
    components: { schemas },
  });

  it("with references that double is checked in no time, or given up", async () => {
    const doubled = Object.fromEntries(
      Array.from({ length: 40 }, (_, place) => [
        `d${place}`,
        {
          properties: { a: { $ref: `#/components/schemas/d${place + 1}` } },
          allOf: [
            { $ref: `#/components/schemas/d${place + 1}` },
            { $ref: `#/components/schemas/d${place + 1}` },
          ],
        },
      ]),
    );
    const check = checkOf(
      withBody({ $ref: "#/components/schemas/d0" }, { ...doubled, d40: { type: "object" } }),
    );
    const [said = ""] = await complaints(check, "POST /v2/x", { body: {} });
    expect(said).toContain("unchecked");
  });

  it("of great depth is told so", async () => {
    let deep: unknown = { type: "integer" };
    for (let level = 0; level < 90; level += 1) deep = { items: deep };
    expect(
      await complaints(checkOf(withBody(deep)), "POST /v2/x", {
        body: "[".repeat(90) + "true" + "]".repeat(90),
      }),
    ).toEqual([`body ${"/0".repeat(90)}: expected an integer; found true.`]);
    const nested = "[".repeat(50_000) + "]".repeat(50_000);
    expect((await complaints(checkOf(withBody(deep)), "POST /v2/x", { body: nested })).join()).toContain(
      "levels of nesting",
    );
  });

  it("cannot get out of its place, and names of prototypes are names", async () => {
    const check = checkOf(
      withBody({
        type: "object",
        required: ["a"],
        additionalProperties: false,
        properties: { a: {}, constructor: { type: "integer" } },
      }),
    );
    expect(await complaints(check, "POST /v2/x", { body: '{"a":1}, "query":{"a":1}' })).toHaveLength(1);
    expect(await complaints(check, "POST /v2/x", { body: '{"a":1,"a":2}' })).toHaveLength(1);
    expect(await complaints(check, "POST /v2/x", { body: '{"__proto__":{"a":1}}' })).toHaveLength(2);
    expect(await complaints(check, "POST /v2/x", { body: '{"a":1,"constructor":"x"}' })).toHaveLength(1);
    expect(await complaints(check, "POST /v2/x?__proto__=1&constructor=2", { body: { a: 1 } })).toHaveLength(
      2,
    );
  });

  it("is given up where it is larger than can be looked at, and says so", async () => {
    const check = checkOf(bookshop);
    const type = "application/x-www-form-urlencoded";
    const names = Array.from({ length: 50_000 }, (_, place) => `a${place}=1`).join("&");
    const said = [
      ...(await complaints(check, "POST /v2/orders", { body: names, type })),
      ...(await complaints(check, `GET /v2/books?${names}`)),
      ...(await complaints(check, "POST /v2/books", { body: `"${"a".repeat(2 ** 21)}"` })),
    ];
    expect(said.map((one) => one.replace(/ \(.*/, ""))).toEqual([
      "unchecked: it has more than 1000 parameters",
      "unchecked: it has more than 1000 parameters",
      "unchecked: the body has more than 1048576 bytes",
    ]);
  });

  it("has at most as many faults as can be read", async () => {
    const check = checkOf(withBody({ items: { type: "integer" } }));
    const verdict = await check.check(
      requestOf("POST /v2/x", { body: Array.from({ length: 5_000 }, () => "a") }),
    );
    expect(faultsIn(verdict)).toHaveLength(50);
    expect(verdict).toMatchObject({ kind: "faulty", more: 150 });
  });
});

/** Pointers of every quantity in a tree of items. */
function quantities(items: readonly object[], at: string): readonly string[] {
  return items.flatMap((one, place) => {
    const within = (one as { with?: readonly object[] }).with ?? [];
    return [`${at}/${place}/quantity`, ...quantities(within, `${at}/${place}/with`)];
  });
}

/** The value with 0 at the place. */
function spoil(value: unknown, pointer: string): unknown {
  const copy: unknown = structuredClone(value);
  const steps = pointer.slice(1).split("/");
  let at = copy as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) at = at[step] as Record<string, unknown>;
  at[steps.at(-1) ?? ""] = 0;
  return copy;
}
