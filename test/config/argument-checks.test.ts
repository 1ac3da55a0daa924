import { describe, expect, it, onTestFinished } from "vitest";
import { checkInForce, openArgumentCheck } from "../../src/config/argument-checks.ts";
import type { ToolConfig } from "../../src/config/config.ts";
import { keyedService } from "../proxy/support/engine-settings.ts";
import { configOf } from "./loading.ts";

async function toolOf(more: string): Promise<ToolConfig> {
  const headers =
    "headers: { properties: { idempotency-key: {}, x-key: {}, x-own: {} }, required: [idempotency-key, x-key, x-own] }";
  const operations = `operations: [{ method: GET, path: /a, ${headers} }]`;
  const { tools } = await configOf(
    `tools: { t: { url: "http://h.example/v1", arguments: { ${operations}, ${more} } } }`,
  );
  if (tools["t"] === undefined) throw new Error("no tool");
  return tools["t"];
}

const target = { basePath: "/v1", idempotencyHeader: "Idempotency-Key", credential: { header: "X-Key" } };
const request = { method: "GET", path: "/v1/a", query: "", headers: [], body: new Uint8Array() };

describe("the check of a tool", () => {
  it("asks for no header that the gateway itself adds", async () => {
    const check = openArgumentCheck();
    onTestFinished(() => check.close());
    const { arguments: inForce } = checkInForce(await toolOf("mode: report"), target, check);
    expect(inForce?.mode).toBe("report");
    expect(await inForce?.check(request)).toMatchObject({
      kind: "faulty",
      faults: [{ in: "header", name: "x-own" }],
    });
  });

  it("asks for no header that a row of the table of services puts in", async () => {
    const check = openArgumentCheck();
    onTestFinished(() => check.close());
    const services = [keyedService({ key: { in: "header", name: "X-Own" } })];
    const { arguments: inForce } = checkInForce(await toolOf("mode: report"), { ...target, services }, check);
    expect(await inForce?.check(request)).toMatchObject({ kind: "fits" });
  });

  it("stands behind the path that the configuration names", async () => {
    const check = openArgumentCheck();
    onTestFinished(() => check.close());
    const { arguments: inForce } = checkInForce(await toolOf("basePath: /v1/eu"), target, check);
    expect(await inForce?.check(request)).toMatchObject({ kind: "unknown-operation" });
    expect(await inForce?.check({ ...request, path: "/v1/eu/a" })).toMatchObject({ kind: "faulty" });
  });

  it("is none where the mode is off, or nothing is written", async () => {
    const check = openArgumentCheck();
    onTestFinished(() => check.close());
    const off = await toolOf("mode: off");
    expect(checkInForce(off, target, check)).toEqual({});
    const { arguments: _written, ...bare } = off;
    expect(checkInForce(bare, target, check)).toEqual({});
  });
});
