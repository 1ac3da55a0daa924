import { expect, it } from "vitest";
import { toolRows } from "../../src/config/explain-tools.ts";
import { configOf } from "./loading.ts";

it("says what holds for the calls of a tool, and below it what its rules change", async () => {
  const config = await configOf(`
tools:
  pay:
    url: http://pay.test
    keyed: true
    notExecuted: [503]
    rules:
      - { path: "/charges/*", methods: [POST, PUT], effect: irreversible, timeoutMs: 5000 }
      - { path: "/v0/**", keyed: false, notExecuted: [500, 503] }
      - { path: "/plain" }
      - { path: "/v2/**", keyRetentionSeconds: 2592000, idempotent: true, storesErrors: true }
      - { path: "/v4", key: { include: [/id, "?v"], ignore: [/id/t] }, preconditions: [X-Version] }
      - { path: "/v6", lookUp: { path: "/x/{key}", found: { at: /id } } }
      - { path: "/v5", key: {}, preconditions: [] }
      - { path: "/v3/**", idempotent: false, storesErrors: false }
`);
  expect(toolRows(config, new Map())).toEqual([
    [
      "/tools/pay/*",
      "http://pay.test with the client's credential, effect by-method, random client keys, key in " +
        "Idempotency-Key (honoured), not executed where it answers 503, answers within 10 min",
    ],
    ["  POST, PUT /charges/*", "effect irreversible, answers within 5 s"],
    ["  any /v0/**", "key not honoured, not executed where it answers 500, 503"],
    ["  any /plain", "as the tool"],
    ["  any /v2/**", "keys remembered for 30 d, idempotent, stores refusals"],
    ["  any /v4", "known by /id, ?v, without /id/t, preconditions X-Version"],
    ["  any /v6", "looked up by GET /x/{key}"],
    ["  any /v5", "known by all fields, preconditions none"],
    ["  any /v3/**", "not idempotent, stores no refusals"],
  ]);
});

it("says which calls carry out what a model decided", async () => {
  const config = await configOf(
    "tools: { pay: { url: 'http://pay.test', decisions: [{ tool: charge, path: /charges, arguments: {} }, " +
      "{ tool: refund, methods: [POST, PUT], path: '/{id}/refund', arguments: { id: '{id}' } }] } }",
  );
  expect(toolRows(config, new Map()).slice(1)).toEqual([
    ["  any /charges", "carries out charge"],
    ["  POST, PUT /{id}/refund", "carries out refund"],
  ]);
});

it("says which rows of the table of services key a tool, unless it says otherwise itself", async () => {
  const url = "https://api.stripe.com";
  const config = await configOf(
    `tools: { pay: { url: "${url}" }, own: { url: "${url}", idempotencyHeader: X-Key }, off: { url: "${url}", keyed: false } }`,
  );
  const rows = toolRows(config, new Map());
  expect(rows.slice(1, 3)).toEqual([
    ["  POST /v1/**", "Stripe v1: key in the header Idempotency-Key, at most 255 characters, remembered 1 d"],
    ["  POST, DELETE /v2/**", "Stripe v2: key in the header Idempotency-Key, remembered 30 d"],
  ]);
  expect(rows.slice(3).map(([path]) => path)).toEqual(["/tools/own/*", "/tools/off/*"]);
});
