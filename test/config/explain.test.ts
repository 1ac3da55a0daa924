import { describe, expect, it } from "vitest";
import { dutiesOf } from "../../src/config/duties.ts";
import { addressUrl, explainConfig } from "../../src/config/explain.ts";
import { outgoingProxies } from "../../src/config/outgoing-proxy.ts";
import { configOf } from "./loading.ts";
import { testSockets } from "./sockets.ts";

describe("explainConfig", () => {
  it("says what is served, who watches, and what is off", async () => {
    const text = await explained(
      [
        "upstreams: { openai: { url: 'https://api.openai.com' } }",
        "tools: { mail: { url: 'http://localhost:9', effect: irreversible, keyed: true } }",
        "posts:",
        "  - { guard: tool-schema, onError: pass }",
        "  - { guard: quarantine, mode: report, planes: [llm] }",
        "  - { guard: budget, mode: off }",
      ].join("\n"),
    );
    expect(text).toBe(`Address
  http://127.0.0.1:8787: only this machine can reach it
  log from info, format auto
  after SIGTERM exchanges in flight have 30 s to end
  configuration from my.yaml

Who is calling
  single  all callers are one tenant, \`local\`; nobody is asked for a key

Served
  /v1/messages, /v1/* with anthropic-version  nobody: refused with 404
  /v1beta/*, /v1/* with x-goog-api-key        nobody: refused with 404
  /v1/*                                       openai (https://api.openai.com)
  /u/openai/*                                 https://api.openai.com with the client's credential
  /tools/mail/*                               http://localhost:9 with the client's credential, effect irreversible, random client keys, key in Idempotency-Key (honoured), answers within 10 min
  paths past the posts, such as batches       pass unguarded
  conversations that the provider keeps       seen as far as they went through here
  /-/health, /-/ready                         the gateway itself

Watched, in this order
  offer
    1. tool-schema  enforce  passes if it fails  on llm
  call
    1. tool-schema  enforce  passes if it fails  on llm, tool, mcp
  result
    1. quarantine  report  passes if it fails  on llm
  a turn with a blocked call is asked again, at most 2 times
  a stream is held from its first call on: at most 8 MiB, 5 min, a comment every 15 s

Answers of models
  off: what a model was asked ends with its client

Deadlines of clients
  enforce: a client hears from the gateway 10 % before its limit, at least 1 s and at most 10 s
  whoever asks for one document hears after 4.8 min at most
  who does not say how long it waits has no other limit
  a request to a model that was not sent is made again once

Effects of tools
  enforce: a call is recorded before it is sent, and its outcome before it is answered
  a call not heard of for 1 min is in doubt
  while an operation is in doubt, nothing equal to it is executed
  a duplicate waits 1 min for the first
  an irreversible call is known as a retry for 5 min
  answers up to 1 MiB leave only when recorded whole

Limits
  request body                 64 MiB
  answer that is looked at     256 MiB
  headers                      64 KiB
  event of a stream            16 MiB
  connecting                   10 s
  until headers                10 min
  until a stream's first text  10 min
  between two pieces           5 min
  a model's whole answer       no limit

Ledger
  sqlite
  file           data/longstop.db
  retentionDays  7
  bodies         kept as they are (ledger.encryption seals them)

Off
  post budget
  nobody watches prompt, reply: these cost nothing
  turns

What a client gets for what it tells
  a base URL only
    offered tools are judged by tool-schema
    calls are judged by tool-schema
    tool results are looked at and reported by quarantine
    a refused call is repaired by asking the model again, before the client sees any of it
    a tool call is recorded before it is sent and carries an idempotency key
    a retry that shows as one (equal key, retry count, or the earlier client gone) gets the recorded answer
    a call whose outcome is unknown is not sent again: see longstop effects --in-doubt
  + a run id: the header Longstop-Run, or /run/<run>/ in the base URL
    equal calls at the same time are one execution
    an irreversible call that comes again within 5 min of its answer gets that answer
    the run's calls are listed together: longstop effects --run <run>
  + an attempt: the header Longstop-Attempt, or /attempt/<name>/ after the run
    a run that is started again gets the recorded answers of its calls, the k-th for the k-th
`);
  });

  it("says so where everything passes", async () => {
    const text = await explained(
      "posts: []\neffects: { mode: off }\nrepair: { attemptsMax: 0 }\nunguarded: refuse",
    );
    expect(text).toContain("no moment is watched: every byte passes as it came");
    expect(text).toContain("off: calls of tools pass unrecorded");
    expect(text).toContain("paths past the posts, such as batches       refused");
    expect(text).toContain("no guard is on duty: bytes pass");
    expect(text).toContain(
      "Off\n  nobody watches offer, call, result, prompt, reply: these cost nothing\n  effects\n  turns\n  repair\n",
    );
  });
});

describe("what becomes of answers whose client is gone", () => {
  it.each([
    ["enforce", "a retry that shows as one gets the answer that is being made for it already"],
    ["report", "said what a retry would have got; the model is asked again"],
  ])("is said: %s", async (mode, what) => {
    const rules = "normalise: [{ pattern: '[0-9]+' }, { pointer: /user }]";
    const text = await explained(
      `turns: { mode: ${mode}, graceSeconds: 45, streamGraceSeconds: 5, ${rules} }\nrun: { replayHours: 5, onDivergence: fail }`,
    );
    expect(text).toContain(`  ${mode}: ${what}\n`);
    expect(text).toContain("  an answer waits 45 s for a client that is gone\n");
    expect(text).toContain("  a stream that had begun, in a run without an id, waits 5 s\n");
    expect(text).toContain("  at most 64 MiB of answers are kept in memory for that\n");
    expect(text).toContain("  a later attempt is given what was answered at most 5 h before\n");
    expect(text).toContain("  attempts without a name: said where one would begin\n");
    expect(text).toContain(
      "  an attempt that goes another way: once it left one out, its effects are refused\n",
    );
    expect(text).toContain("  the retry of a recorded turn that broke off is asked anew\n");
    expect(text).toContain(
      "  where a turn is recorded, its model is asked for a stream, whatever its client wants\n",
    );
    expect(text).toContain("  no difference: what [0-9]+ finds\n  no difference: /user\n");
  });
});

describe("the way to an upstream", () => {
  it("is said where it is another one than a connection of HTTP/1.1", async () => {
    const text = await explained(
      [
        "upstreams: { far: { url: 'https://far.test', http2: auto }, near: { url: 'http://localhost:9' } }",
        "tools: { mail: { url: 'https://mail.test' }, own: { url: 'https://own.test', proxy: never } }",
      ].join("\n"),
      { HTTPS_PROXY: "http://me:hunter22@proxy.test:3128", HTTP_PROXY: "http://proxy.test" },
    );
    const way = ", through the proxy http://proxy.test:3128 (HTTPS_PROXY)";
    expect(text).toContain(
      `https://far.test with the client's credential, over HTTP/2 where it is offered${way}\n`,
    );
    expect(text).toContain("http://localhost:9 with the client's credential\n");
    expect(text).toMatch(
      /\/tools\/mail\/.*answers within 10 min, through the proxy http:\/\/proxy\.test:3128/,
    );
    expect(text).toMatch(/\/tools\/own\/.*answers within 10 min\n/);
    expect(text).not.toContain("hunter22");
  });
});

describe("addressUrl", () => {
  it("puts brackets around IPv6 only", () => {
    expect(addressUrl({ host: "::1", port: 80 })).toBe("http://[::1]:80");
    expect(addressUrl({ host: "localhost", port: 80 })).toBe("http://localhost:80");
  });
});

async function explained(text: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const config = await configOf(text);
  const { proxies } = outgoingProxies(config, environment);
  return explainConfig(config, await dutiesOf(config.posts, testSockets.guards), "my.yaml", proxies);
}
