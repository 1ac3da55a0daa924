import { gzipSync } from "node:zlib";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { startTestGateway } from "../support/running-gateway.ts";
import { warden } from "../support/warden.ts";

describe("a call that only reads", () => {
  it("has its result judged too, decoded, and bytes that are no text pass", async () => {
    const png = Buffer.from([0x89, 0x50, 0xff, 0xfe]);
    const upstream = createServer((request, response) => {
      if (request.url === "/image") return void response.end(png);
      response.setHeader("content-encoding", "gzip");
      return void response.end(gzipSync("some poison"));
    });
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const { port } = upstream.address() as AddressInfo;
    const tools = { web: { url: `http://127.0.0.1:${port}` } };
    const gateway = await startTestGateway({ posts: [{ guard: "warden" }], tools }, [warden]);
    expect(await (await fetch(`${gateway.url}/tools/web/page`)).text()).toBe("[removed]");
    const image = await fetch(`${gateway.url}/tools/web/image`);
    expect(Buffer.from(await image.arrayBuffer()).equals(png)).toBe(true);
    expect(image.headers.get("longstop-operation")).toBeNull();
    await gateway.stop();
    upstream.close();
  });
});
