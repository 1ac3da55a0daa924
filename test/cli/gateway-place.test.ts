import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { InvalidArgumentError } from "commander";
import { describe, expect, it, onTestFinished } from "vitest";
import { gatewayUrl, mustBeReady, readGatewayUrl } from "../../src/cli/gateway-place.ts";
import { closedPort } from "../proxy/support/closed-port.ts";

describe("the URL of a gateway", () => {
  it.each([
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787"],
    ["https://gateway.internal/", "https://gateway.internal"],
    ["https://internal/longstop//", "https://internal/longstop"],
  ])("may be %s", (written, url) => {
    expect(readGatewayUrl(written)).toBe(url);
  });

  it.each([
    ["127.0.0.1:8787", "http:// or https://"],
    ["http://user:pass@h", "without credentials"],
    ["http://h?x=1", "without a query"],
    ["http://h/k/ls_0123456789012345678901234567890123456789/v1", "the gateway's URL alone"],
    ["http://h/run/r/v1", "the gateway's URL alone"],
  ])("is not %s", (written, sentence) => {
    expect(() => readGatewayUrl(written)).toThrow(InvalidArgumentError);
    expect(() => readGatewayUrl(written)).toThrow(sentence);
  });

  it.each([
    ["127.0.0.1", "http://127.0.0.1:8787"],
    ["0.0.0.0", "http://127.0.0.1:8787"],
    ["::", "http://127.0.0.1:8787"],
    ["::1", "http://[::1]:8787"],
    ["gateway.internal", "http://gateway.internal:8787"],
  ])("of one that listens on %s is %s", (host, url) => {
    expect(gatewayUrl({ host, port: 8787 })).toBe(url);
  });

  it("is not known where any free port was asked for", () => {
    expect(() => gatewayUrl({ host: "127.0.0.1", port: 0 })).toThrow("--gateway <url>");
  });
});

async function urlOf(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const page =
  (status: number, body: string): RequestListener =>
  (request, response) => {
    response.statusCode = request.url === "/-/ready" ? status : 404;
    response.end(body);
  };

describe("asking a gateway whether it is ready", () => {
  it("is content with one that is", async () => {
    await expect(mustBeReady(await urlOf(page(200, '{"status":"ready"}')))).resolves.toBeUndefined();
  });

  it.each([
    [page(503, '{"status":"draining"}'), "is not ready: draining."],
    [page(503, '{"status":"ledger \\u001b[2J down"}'), String.raw`is not ready: ledger \u001b[2J down.`],
    [page(200, "<html>"), "is no gateway of Longstop (HTTP 200 for /-/ready)."],
    [page(404, '{"error":{}}'), "is no gateway of Longstop (HTTP 404 for /-/ready)."],
    [page(200, "null"), "is no gateway of Longstop"],
    [(request: IncomingMessage) => void request.socket.destroy(), "No gateway answers at http://127.0.0.1:"],
  ] as const)("says what is wrong with another one (%#)", async (answer, sentence) => {
    const refused = expect.stringContaining(sentence);
    await expect(mustBeReady(await urlOf(answer))).rejects.toThrow(
      expect.objectContaining({ message: refused }),
    );
  });

  it("says that nobody listens there, and what to do", async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    await expect(mustBeReady(url)).rejects.toThrow(
      `No gateway answers at ${url} (ECONNREFUSED). Start it, or say where it is: --gateway <url>. ` +
        "The command was not started; --no-check starts it all the same.",
    );
  });

  it("waits three seconds for an answer, and no longer", async () => {
    const startedMs = performance.now();
    await expect(mustBeReady(await urlOf(() => {}))).rejects.toThrow("(no answer in 3 s)");
    expect(performance.now() - startedMs).toBeLessThan(8000);
  });
});
