import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Answer } from "../../examples/provider/answer.ts";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";

let provider: Provider;
afterEach(() => provider.close());

async function ask(answer: Answer, stream = false, signal?: AbortSignal): Promise<Response> {
  provider = await startProvider([answer]);
  return fetch(`${provider.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "m", stream, messages: [{ role: "user", content: "Hi" }] }),
    ...(signal === undefined ? {} : { signal }),
  });
}

describe("the provider's faults, on the wire", () => {
  it("sends a fixture byte for byte, in the mode that was asked for", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "fixture-"));
    writeFileSync(path.join(folder, "case.sse"), "data: {odd  json}\r\n\r\ndata: x\n\n: no end");
    writeFileSync(path.join(folder, "case.json"), '{ "kept" : 2.50 }');

    const streamed = await ask({ fixture: path.join(folder, "case") }, true);
    expect(streamed.headers.get("content-type")).toContain("text/event-stream");
    expect(await streamed.text()).toBe("data: {odd  json}\r\n\r\ndata: x\n\n: no end");
    await provider.close();
    expect(await (await ask({ fixture: path.join(folder, "case") })).text()).toBe('{ "kept" : 2.50 }');
  });

  it("ends cleanly without the protocol's end where the script says so", async () => {
    const text = await (await ask({ text: "One two three", cutAfterEvents: 2, cut: "end" }, true)).text();
    expect(text).toContain("One");
    expect(text).not.toContain("[DONE]");
    expect(text).not.toContain('"finish_reason":"stop"');
  });

  it("declares a length that is wrong in both directions", async () => {
    const long = await ask({ text: "Hello", contentLengthOff: 10 });
    await expect(long.text()).rejects.toThrow("terminated");
    await provider.close();
    const short = await ask({ text: "Hello", contentLengthOff: -10 });
    const cut = await short.text().catch(() => "");
    expect(cut.endsWith("}")).toBe(false);
  });

  it("drops the connection before headers, and answers never", async () => {
    await expect(ask({ text: "Hello", dropBeforeHeaders: true })).rejects.toThrow("fetch failed");
    await provider.close();
    await expect(ask({ silent: true }, false, AbortSignal.timeout(100))).rejects.toThrow("timeout");
    await expect.poll(() => provider.requests[0]?.outcome).toBe("silent");
  });

  it("notices a client that leaves", async () => {
    const gone = new AbortController();
    const answer = await ask({ text: "One two three", eventDelayMs: 60_000 }, true, gone.signal);
    expect(answer.status).toBe(200);
    gone.abort();
    await expect.poll(() => provider.requests[0]?.outcome).toBe("client-gone");
  });

  it("says so when a script has no answer left", async () => {
    provider = await startProvider([]);
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] });
    const answer = await fetch(`${provider.url}/v1/chat/completions`, { method: "POST", body });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("it has 0 answers")]);
  });

  it("lists models, counts tokens, and knows no other path", async () => {
    provider = await startProvider();
    expect(await (await fetch(`${provider.url}/v1/models`)).json()).toMatchObject({ object: "list" });
    const counted = await fetch(`${provider.url}/v1/messages/count_tokens`, { method: "POST", body: "{}" });
    expect(await counted.json()).toEqual({ input_tokens: 1 });
    expect((await fetch(`${provider.url}/v1/other`)).status).toBe(404);
  });

  it("runs as a program with a script in a file", async () => {
    provider = await startProvider();
    const script = path.join(mkdtempSync(path.join(tmpdir(), "script-")), "script.json");
    writeFileSync(script, JSON.stringify([{ text: "From a file." }]));
    const child = spawn(process.execPath, ["examples/provider/main.ts", "--port", "0", "--script", script]);
    try {
      const banner = await new Promise<string>((said) =>
        child.stdout.once("data", (text) => said(String(text))),
      );
      const url = /http:\S+/.exec(banner)?.[0];
      const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] });
      const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", body });
      expect(await answer.text()).toContain("From a file.");
    } finally {
      child.kill();
    }
  });
});
