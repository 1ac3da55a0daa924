import { brotliCompressSync, gzipSync } from "node:zlib";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { answerBody, wholeAnswerBody } from "../../src/proxy/answer-body.ts";
import type { UpstreamAnswer } from "../../src/proxy/upstream.ts";
import { toolOf } from "./support/engine-settings.ts";

const target = toolOf("models", "http://127.0.0.1:1");

function answerOf(bytes: Uint8Array, coding?: string): UpstreamAnswer {
  const headers = coding === undefined ? [] : ["Content-Encoding", coding];
  return { status: 200, headers, body: Readable.from([bytes]) };
}

describe("the body of an upstream's answer", () => {
  it.each([
    ["gzip", gzipSync("text")],
    ["br", brotliCompressSync("text")],
    [undefined, Buffer.from("text")],
  ] as const)("is read without its coding (%s)", async (coding, bytes) => {
    expect(String(await wholeAnswerBody(answerOf(bytes, coding), target, 100))).toBe("text");
  });

  it("in an unknown coding is closed and refused by name", () => {
    const answer = answerOf(Buffer.from("text"), "x-own");
    expect(() => answerBody(answer, target)).toThrow(/models compressed its answer as "x-own"/);
    expect(answer.body.destroyed).toBe(true);
  });

  it("says whose fault it is when it is too large, not what its coding says, or broken off", async () => {
    const large = wholeAnswerBody(answerOf(gzipSync(Buffer.alloc(1_000)), "gzip"), target, 100);
    await expect(large).rejects.toMatchObject({ code: "upstream_unreadable" });
    const wrong = wholeAnswerBody(answerOf(Buffer.from("text"), "gzip"), target, 100);
    await expect(wrong).rejects.toMatchObject({ code: "upstream_encoding" });
    const broken = answerOf(Buffer.from("text"));
    broken.body.destroy(new Error("reset"));
    await expect(wholeAnswerBody(broken, target, 100)).rejects.toMatchObject({ code: "upstream_cut" });
  });
});
