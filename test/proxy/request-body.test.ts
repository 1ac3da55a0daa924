import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readDecoded, textBody } from "../../src/proxy/request-body.ts";
import { startInbound } from "./support/inbound-server.ts";

async function read(
  reader: typeof readDecoded,
  body: Uint8Array,
  coding?: string,
  bytesMax = 1_000_000,
): Promise<unknown> {
  const { origin, served } = await startInbound(async (inbound) => {
    const bytes = await reader(inbound, bytesMax);
    await inbound.sendWhole(200, [], "");
    return bytes;
  });
  const headers = coding === undefined ? {} : { "content-encoding": coding };
  await fetch(origin, { method: "POST", body: Buffer.from(body), headers }).catch(() => null);
  return served.catch((thrown: unknown) => thrown);
}

const text = Buffer.from("some text, some text, some text");

describe("a request's body", () => {
  it.each([
    ["gzip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", zstdCompressSync(text)],
    [undefined, text],
  ] as const)("is read without its coding (%s)", async (coding, body) => {
    expect(await read(readDecoded, body, coding)).toEqual(text);
  });

  it("that is not what its coding says, or in an unknown one, is the caller's fault", async () => {
    expect(await read(readDecoded, text, "gzip")).toMatchObject({ code: "request_malformed" });
    expect(await read(readDecoded, text, "x-own")).toMatchObject({ code: "request_malformed" });
  });

  it("is bounded as it is read, not as it was sent", async () => {
    const bomb = gzipSync(Buffer.alloc(5_000_000));
    expect(bomb.length).toBeLessThan(10_000);
    expect(await read(readDecoded, bomb, "gzip", 100_000)).toMatchObject({ code: "request_too_large" });
  });

  it("that must be text is UTF-8", () => {
    expect(textBody(Buffer.from("é"))).toEqual(Buffer.from("é"));
    expect(() => textBody(Buffer.from([0xff]))).toThrow(
      expect.objectContaining({ code: "request_malformed" }),
    );
  });
});
