import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decoded, unknownCoding } from "../../src/proxy/content-coding.ts";

const text = "The quick brown fox. ".repeat(500);
const read = async (bytes: Uint8Array, coding: string | undefined): Promise<string> =>
  (await buffer(decoded(Readable.from([bytes]), coding))).toString();

describe("a content coding", () => {
  it.each([
    ["gzip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["GZip", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", zstdCompressSync(text)],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
    ["identity, gzip", gzipSync(text)],
  ])("%s is undone", async (coding, bytes) => {
    expect(unknownCoding(coding)).toBeUndefined();
    expect(await read(bytes, coding)).toBe(text);
  });

  it.each([undefined, "", "identity", " , "])("is none in %j: the very same stream", (coding) => {
    const body = Readable.from([Buffer.from("x")]);
    expect(decoded(body, coding)).toBe(body);
    body.destroy();
  });

  it.each([
    ["lzma", "lzma"],
    ["gzip, aes128gcm", "aes128gcm"],
    ["constructor", "constructor"],
    ["gzip, gzip, gzip", "gzip, gzip, gzip"],
  ])("that cannot be undone is named: %s", (coding, unknown) => {
    expect(unknownCoding(coding)).toBe(unknown);
  });

  it.each([
    ["gzip", Buffer.from("{}")],
    ["gzip", gzipSync(text).subarray(0, 40)],
    ["br", Buffer.from("nonsense")],
    ["zstd", Buffer.from("nonsense")],
  ])("%s that the body does not have is an error of the stream", async (coding, bytes) => {
    await expect(read(bytes, coding)).rejects.toMatchObject({
      code: expect.stringMatching(/^(Z_|ERR_|ZSTD_)/),
    });
  });

  it("closes the body when its reader stops", async () => {
    const body = Readable.from([gzipSync(text), gzipSync(text)]);
    for await (const chunk of decoded(body, "gzip")) {
      expect(chunk).toBeDefined();
      break;
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(body.destroyed).toBe(true);
  });

  it("gives on that the body broke off", async () => {
    const body = new Readable({ read: () => body.destroy(new Error("cut")) });
    await expect(buffer(decoded(body, "gzip"))).rejects.toThrow("cut");
  });
});
