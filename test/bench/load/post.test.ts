import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { runWrk, type WrkReport } from "../../../bench/phases/wrk.ts";
import { isInstalled } from "../../../bench/requirements.ts";

interface Posted {
  readonly run: unknown;
  readonly body: string;
}

/** What arrives of one second of it. */
async function posted(body: string, ...headers: readonly string[]) {
  const seen: Posted[] = [];
  const server = createServer(async (request, response) => {
    seen.push({ run: request.headers["longstop-run"], body: await text(request) });
    response.end("{}");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const folder = mkdtempSync(join(tmpdir(), "longstop-bench-test-"));
  const file = join(folder, "body.json");
  writeFileSync(file, body);
  const report: WrkReport = await runWrk({
    script: join(import.meta.dirname, "../../../bench/load/post.lua"),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    args: [file, ...headers],
    connections: 4,
    seconds: 1,
  });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
  expect(report.errors).toBe(0);
  return seen;
}

describe.runIf(isInstalled("wrk") && isInstalled("taskset"))("the load of one body", () => {
  it("is that body, byte for byte", async () => {
    const seen = await posted('{"plain":"{ n }"}', "longstop-run=r=1");
    expect(seen.length).toBeGreaterThan(10);
    expect(new Set(seen.map(({ body }) => body))).toEqual(new Set(['{"plain":"{ n }"}']));
    expect(new Set(seen.map(({ run }) => run))).toEqual(new Set(["r=1"]));
  });

  it("has another number in each request where one is asked for, the same in head and body", async () => {
    const seen = await posted('{"user":"{n}"}', "longstop-run=bench-{n}");
    const users = seen.map(({ body }) => (JSON.parse(body) as { readonly user: string }).user);
    expect(users.length).toBeGreaterThan(10);
    expect(new Set(users).size).toBe(users.length);
    for (const user of users) expect(user).toMatch(/^\d{24}$/);
    expect(seen.map(({ run }) => run)).toEqual(users.map((user) => `bench-${user}`));
  });
});
