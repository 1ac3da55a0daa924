import { describe, expect, it } from "vitest";
import { faultLines } from "./loading.ts";

const paths = async (text: string): Promise<readonly string[]> =>
  (await faultLines(text)).map((line) => line.split(" | ").slice(0, 3).join(" | "));

describe("where the operator's port may be open", () => {
  it("is beyond loopback only with a token", async () => {
    expect(await paths("admin: { host: 0.0.0.0, port: 4141 }")).toEqual([
      '1:16 admin.host | a loopback address, or a token (admin.token) | "0.0.0.0"',
    ]);
    expect(await paths("admin: { host: 0.0.0.0, port: 4141, token: { env: T } }")).toEqual([]);
    expect(await paths("admin: { host: 0.0.0.0 }")).toEqual([]);
    expect(await paths("admin: { host: '::1', port: 4141 }")).toEqual([]);
  });

  it("is a host, and its token lies at one place", async () => {
    expect((await paths("admin: { host: 'a b', port: 1 }"))[0]).toContain("an IP address or a host name");
    expect((await paths("admin: { port: 1, token: {} }"))[0]).toContain("one of the keys env, file");
    expect((await paths("admin: { port: 1, token: { env: A, file: b } }"))[0]).toContain("env and file");
  });
});
