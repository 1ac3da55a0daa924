import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { answerBody, wholeAnswerBody } from "../../src/proxy/answer-body.ts";
import type { UpstreamAnswer } from "../../src/proxy/upstream.ts";
import { arrivedAnswer, arrivingAnswer } from "./support/arriving-answer.ts";
import { toolOf } from "./support/engine-settings.ts";

const target = toolOf("models", "http://127.0.0.1:1");

function answerOf(bytes: Uint8Array, coding?: string): UpstreamAnswer {
  return arrivedAnswer(bytes, coding === undefined ? [] : ["Content-Encoding", coding]);
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
    const { answer, asked, ...arriving } = arrivingAnswer();
    arriving.start();
    arriving.headers(200, ["Content-Encoding", "x-own"]);
    expect(() => answerBody(answer, target)).toThrow(/models compressed its answer as "x-own"/);
    expect(asked).toEqual(["abort: the answer is not wanted"]);
  });

  it("says whose fault it is when it is too large, not what its coding says, or broken off", async () => {
    const large = wholeAnswerBody(answerOf(gzipSync(Buffer.alloc(1_000)), "gzip"), target, 100);
    await expect(large).rejects.toMatchObject({ code: "upstream_unreadable" });
    const plain = wholeAnswerBody(answerOf(Buffer.alloc(1_000)), target, 100);
    await expect(plain).rejects.toMatchObject({ code: "upstream_unreadable" });
    const wrong = wholeAnswerBody(answerOf(Buffer.from("text"), "gzip"), target, 100);
    await expect(wrong).rejects.toMatchObject({ code: "upstream_encoding" });
    for (const headers of [[], ["Content-Encoding", "gzip"]]) {
      const { answer, ...arriving } = arrivingAnswer();
      arriving.start();
      arriving.headers(200, headers);
      const broken = wholeAnswerBody(answer, target, 100);
      arriving.fail(new Error("reset"));
      await expect(broken).rejects.toMatchObject({ code: "upstream_cut" });
    }
  });
});
