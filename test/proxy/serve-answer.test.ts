import { createServer as createRawServer, type AddressInfo, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { dialects, post, type Json } from "./support/dialects.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function gatewayTo(url: string, more: Json = {}): Promise<RunningGateway> {
  const gateway = await startTestGateway({
    posts: [{ guard: "tool-schema" }],
    upstreams: { openai: { url }, anthropic: { url } },
    ...more,
  });
  stops.push(() => gateway.stop());
  return gateway;
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A raw server that answers every request with these bytes and ends. */
function rawUpstream(answer: string): Promise<string> {
  return listening(
    createRawServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    }),
  );
}

describe.each(dialects)("an answer to $name", (dialect) => {
  const body = dialect.request([dialect.user("Hello")]);

  async function errorOf(answer: Response): Promise<{ status: number; code: string; sentence: string }> {
    return { status: answer.status, ...dialect.error((await answer.json()) as Json) };
  }

  it("turns a page of HTML into an error that an SDK can read, with the upstream's status", async () => {
    const html = "<html>Bad Gateway</html>";
    const page = (status: string): string =>
      `HTTP/1.1 ${status}\r\ncontent-type: text/html\r\ncontent-length: ${html.length}\r\nconnection: close\r\n\r\n${html}`;
    const bad = await gatewayTo(await rawUpstream(page("502 Bad Gateway")));
    expect(await errorOf(await post(bad.url, dialect, body))).toMatchObject({
      status: 502,
      code: "upstream_unreadable",
      sentence: expect.stringMatching(/answered 502 with text\/html instead of JSON\. Its url may be wrong/),
    });
    const login = await gatewayTo(await rawUpstream(page("200 OK")));
    expect(await errorOf(await post(login.url, dialect, body))).toMatchObject({ status: 502 });
  });

  it("leaves it to the client to ask again after a page of HTML or no answer at all", async () => {
    const html =
      "HTTP/1.1 503 Busy\r\ncontent-type: text/html\r\nretry-after: 7\r\nconnection: close\r\n\r\n<p>";
    const busy = await post((await gatewayTo(await rawUpstream(html))).url, dialect, body);
    expect(busy.headers.get("x-should-retry")).toBeNull();
    expect(busy.headers.get("retry-after")).toBe("7");
    for (const posts of [[{ guard: "tool-schema" }], []]) {
      const gone = await gatewayTo(await rawUpstream(""), { posts });
      const dropped = await post(gone.url, dialect, body);
      expect(dropped.headers.get("x-should-retry")).toBeNull();
      expect(await errorOf(dropped)).toMatchObject({ status: 502, code: "upstream_cut" });
    }
  });
});
