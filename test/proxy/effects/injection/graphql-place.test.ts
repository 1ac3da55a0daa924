import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  graphqlDirectiveSlot,
  graphqlVariableSlot,
} from "../../../../src/proxy/effects/injection/graphql-place.ts";
import { bodyWith, opened, requestOf, textOf } from "./requests.ts";

const directive = {
  in: "graphql-directive",
  fields: ["refundCreate", "inventory*"],
  directive: "idempotent",
  argument: "key",
} as const;
const variable = { in: "graphql-variable", fields: ["*Create"], argument: "input", pointer: "/id" } as const;

const graphql = (query: string, variables?: unknown, more: object = {}): string =>
  JSON.stringify({ query, variables, ...more });

describe("a key in a GraphQL directive", () => {
  it("stands behind the field's arguments, and every escape elsewhere as it came", () => {
    const body =
      '{"query":"mutation M($i: R!) {\\n\\u0072efundCreate(input: $i)\\t{ id } }", "variables":{"i":{}}}';
    expect(bodyWith(graphqlDirectiveSlot(requestOf(body), directive), "k")).toBe(
      '{"query":"mutation M($i: R!) {\\n\\u0072efundCreate(input: $i) @idempotent(key: \\"k\\")\\t{ id } }", ' +
        '"variables":{"i":{}}}',
    );
  });

  it("is the client's own where it stands in the document", () => {
    const slot = opened(
      graphqlDirectiveSlot(
        requestOf(graphql('mutation { refundCreate @idempotent(key: "mine") { id } }')),
        directive,
      ),
    );
    expect(slot.key).toBe("mine");
    expect(textOf(slot.without())).toBe(graphql('mutation { refundCreate @idempotent(key: "") { id } }'));
    expect(bodyWith(slot, "first")).toBe(
      graphql('mutation { refundCreate @idempotent(key: "first") { id } }'),
    );
  });

  it("is the client's own where it comes by a variable", () => {
    const query = "mutation M($k: String!) { inventorySet(a: 1) @idempotent(key: $k) { id } }";
    const slot = opened(graphqlDirectiveSlot(requestOf(graphql(query, { k: "mine", b: 2 })), directive));
    expect(slot.key).toBe("mine");
    expect(textOf(slot.without())).toBe(graphql(query, { b: 2 }));
    expect(bodyWith(slot, "first")).toBe(graphql(query, { k: "first", b: 2 }));
  });

  it.each([
    ["a mutation that is not known to take one", graphql("mutation { orderCreate { id } }")],
    ["a query", graphql("query { refundCreate { id } }")],
    ["no document", JSON.stringify({ extensions: { persistedQuery: {} } })],
    ["a batch", `[${graphql("mutation { refundCreate { id } }")}]`],
    ["two documents", '{"query":"mutation{refundCreate}","query":"{a}"}'],
    ["two directives", graphql('mutation { refundCreate @idempotent(key: "a") @idempotent(key: "b") }')],
    ["a directive without a key", graphql("mutation { refundCreate @idempotent }")],
    ["a key by a variable that is not given", graphql("mutation { refundCreate @idempotent(key: $k) }")],
  ])("is not put into %s", (_what, body) => {
    expect(graphqlDirectiveSlot(requestOf(body), directive).kind).toBe("closed");
  });

  it("comes back as it was given, and taken out leaves what came", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 20 });
    fc.assert(
      fc.property(texts, fc.string({ minLength: 1 }), (comment, key) => {
        const query = `mutation { # ${comment.replaceAll(/[\n\r]/g, "")}\n refundCreate(note: 1) { id } }`;
        const request = requestOf(graphql(query, { x: comment }));
        const sent = opened(graphqlDirectiveSlot(request, directive)).with(key);
        const document = (JSON.parse(textOf(sent)) as { query: string }).query;
        expect(document).toBe(
          query.replace("(note: 1)", () => `(note: 1) @idempotent(key: ${JSON.stringify(key)})`),
        );
        expect(opened(graphqlDirectiveSlot(sent, directive)).key).toBe(key);
      }),
    );
  });
});

describe("a key in a GraphQL variable", () => {
  it("stands inside the variable that the argument is given", () => {
    const query = "mutation I($given: IssueCreateInput!) { issueCreate(input: $given) { success } }";
    const slot = opened(graphqlVariableSlot(requestOf(graphql(query, { given: { title: "t" } })), variable));
    expect(slot.key).toBeNull();
    expect(bodyWith(slot, "k")).toBe(graphql(query, { given: { title: "t", id: "k" } }));
  });

  it("is the variable itself where the row says no more", () => {
    const place = {
      in: "graphql-variable",
      fields: ["appUsageRecordCreate"],
      argument: "idempotencyKey",
    } as const;
    const query = "mutation($k: String) { appUsageRecordCreate(idempotencyKey: $k) { id } }";
    const slot = opened(graphqlVariableSlot(requestOf(graphql(query, { k: "mine" })), place));
    expect(slot.key).toBe("mine");
    expect(bodyWith(slot, "first")).toBe(graphql(query, { k: "first" }));
  });

  it.each([
    ["an argument that is written out", "mutation { issueCreate(input: {title: 1}) { id } }", { a: 1 }],
    ["no such argument", "mutation($a: I) { issueCreate(data: $a) { id } }", { a: {} }],
    ["no variables", "mutation($a: I) { issueCreate(input: $a) { id } }", undefined],
    ["variables that are no object", "mutation($a: I) { issueCreate(input: $a) { id } }", [1]],
    ["a variable that is no object", "mutation($a: I) { issueCreate(input: $a) { id } }", { a: 7 }],
  ])("is not put there with %s", (_what, query, variables) => {
    expect(graphqlVariableSlot(requestOf(graphql(query, variables)), variable).kind).toBe("closed");
  });
});
