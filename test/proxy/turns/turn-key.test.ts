import { describe, expect, it } from "vitest";
import type { Caller } from "../../../src/exchange/exchange.ts";
import type { TurnIdentity } from "../../../src/protocols/turn-forms.ts";
import type { Route } from "../../../src/proxy/routes.ts";
import { turnChain } from "../../../src/proxy/turns/turn-key.ts";

const secret = Buffer.alloc(32, 7);
const caller: Caller = { tenant: "acme", run: { id: "r", stage: "s", attempt: "1" }, agent: null };
const route = { target: { name: "openai" }, query: "" } as Route;
const identity: TurnIdentity = {
  path: "/v1/chat/completions",
  parameters: [["model", '"m"']],
  messages: ['{"role":"user","content":"Hi"}', '{"role":"assistant","content":"Ho"}'],
};

interface Asked {
  caller?: Partial<Caller["run"]> & { tenant?: string };
  target?: string;
  query?: string;
  headers?: Record<string, string>;
  identity?: Partial<TurnIdentity>;
  secret?: Uint8Array;
  judgedBy?: string;
}

function keyOf({
  caller: who = {},
  target = "openai",
  query = "",
  headers = {},
  ...more
}: Asked = {}): string {
  const { tenant = "acme", ...run } = who;
  const links = turnChain(
    { ...caller, tenant, run: { ...caller.run, ...run } },
    { ...route, query, target: { ...route.target, name: target } },
    headers,
    { ...identity, ...more.identity },
    { accountKey: more.secret ?? secret, judgedBy: more.judgedBy ?? "v1" },
  );
  return links.at(-1) as string;
}

describe("the key of a turn", () => {
  it("is the same for a retry, which says so in its headers, and for a later attempt", () => {
    const retried = { "x-stainless-retry-count": "2", traceparent: "00-1", "x-stainless-timeout": "600" };
    expect(keyOf({ headers: retried })).toBe(keyOf());
    expect(keyOf({ caller: { attempt: "2" } })).toBe(keyOf());
    expect(keyOf({ query: "?alt=sse" })).toBe(keyOf());
    expect(keyOf({ query: "?$alt=json" })).toBe(keyOf());
    expect(keyOf({ query: "?b=2&a=1" })).toBe(keyOf({ query: "?a=1&b=2" }));
  });

  it.each<[string, Asked]>([
    ["tenant", { caller: { tenant: "umbrella" } }],
    ["run", { caller: { id: "other" } }],
    ["anonymous run", { caller: { id: null } }],
    ["stage", { caller: { stage: null } }],
    ["upstream", { target: "azure" }],
    ["path", { identity: { path: "/v1/responses" } }],
    ["parameter of the query", { query: "?api-version=2" }],
    ["form that no answer here can be told in", { query: "?alt=proto" }],
    ["parameter", { identity: { parameters: [["model", '"n"']] } }],
    ["message", { identity: { messages: [identity.messages[0] ?? ""] } }],
    ["order of messages", { identity: { messages: identity.messages.toReversed() } }],
    ["version of the API", { headers: { "anthropic-version": "2023-06-01" } }],
    ["beta", { headers: { "anthropic-beta": "x" } }],
    ["project", { headers: { "openai-project": "p" } }],
    ["way of judging answers", { judgedBy: "v2" }],
    ["account", { headers: { authorization: "Bearer other" } }],
    ["account of Anthropic", { headers: { "x-api-key": "other" } }],
    ["account in the query", { query: "?key=other" }],
  ])("is another one for another %s", (_what, asked) => {
    expect(keyOf(asked)).not.toBe(keyOf());
  });

  it("cannot be made by who knows a credential but not the gateway's secret", () => {
    const headers = { authorization: "Bearer sk-1" };
    expect(keyOf({ headers, secret: Buffer.alloc(32, 8) })).not.toBe(keyOf({ headers }));
  });

  it("does not take pieces of one place for another's", () => {
    const two = { parameters: [["a", "1"] as const, ["b", "2"] as const] };
    expect(keyOf({ identity: two })).not.toBe(keyOf({ identity: { parameters: [["a", "1b2"]] } }));
    expect(keyOf({ identity: { messages: ['"ab"'] } })).not.toBe(
      keyOf({ identity: { messages: ['"a', 'b"'] } }),
    );
  });
});
