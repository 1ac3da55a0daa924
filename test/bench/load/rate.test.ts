import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answerBody, requestBody } from "../../../bench/bodies.ts";
import type { RateOrder, RateReport } from "../../../bench/load/order.ts";
import { runLoad } from "../programs.ts";

let folder: string;
let bodyFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-bench-test-"));
  bodyFile = join(folder, "body.json");
  await writeFile(bodyFile, requestBody(1_000));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(
  listener: RequestListener,
  requests: number,
): Promise<{ report: RateReport; connections: number }> {
  const server = createServer(listener);
  let connections = 0;
  server.on("connection", () => connections++);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const order: RateOrder = { port, bodyFile, headers: { "x-a": "b" }, requestsPerSecond: 40, requests };
  const report = (await runLoad("bench/load/rate.ts", order)) as RateReport;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return { report, connections };
}

describe("the load of a fixed rate", () => {
  it.each([
    ["with a length", { "content-length": String(Buffer.byteLength(answerBody)) }],
    ["in chunks", {}],
  ])("reads whole answers %s over connections that it keeps", async (_name, headers) => {
    const seen: (string | undefined)[] = [];
    const { report, connections } = await load((request, response) => {
      seen.push(request.headers["x-a"] as string);
      request.resume();
      request.on("end", () => response.writeHead(200, headers).end(answerBody));
    }, 40);
    expect(report.errors).toBe(0);
    expect(seen).toEqual(Array.from({ length: 40 }, () => "b"));
    expect(connections).toBeLessThan(40);
    expect(report.p50Us).toBeGreaterThan(0);
    expect(report.p99Us).toBeGreaterThanOrEqual(report.p50Us);
  });

  it("counts refusals and cut answers as errors", async () => {
    let count = 0;
    const { report } = await load((_request, response) => {
      count++;
      if (count % 4 === 0) response.destroy();
      else response.writeHead(count % 4 === 1 ? 500 : 200, { "content-length": "2" }).end("{}");
    }, 20);
    expect(report.errors).toBe(10);
  });
});
