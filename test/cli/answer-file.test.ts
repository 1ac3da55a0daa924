import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { AnswerFileError, readAnswerFile } from "../../src/cli/answer-file.ts";
import { ownFolder } from "../config/loading.ts";

describe("readAnswerFile", () => {
  it("reads a whole answer: status, headers and body", async () => {
    const written = { status: 201, headers: { "X-Id": "7", "Content-Type": "text/csv" }, body: "a,b\n" };
    expect(await answerOf("a.json", JSON.stringify(written))).toEqual({
      status: 201,
      headers: [
        ["x-id", "7"],
        ["content-type", "text/csv"],
      ],
      body: "a,b\n",
    });
  });

  it.each([
    ["a body that is no text", { status: 200, body: { ok: true } }, "application/json", '{"ok":true}'],
    ["a body that is text", { status: 200, body: "done" }, "text/plain; charset=utf-8", "done"],
    ["an empty body", { status: 204, body: "" }, "text/plain; charset=utf-8", ""],
    ["a body of null", { status: 200, body: null }, "application/json", "null"],
  ])("gives %s its content type", async (_name, written, type, body) => {
    const answer = await answerOf("a.json", JSON.stringify(written));
    expect(answer).toMatchObject({ headers: [["content-type", type]], body });
  });

  it.each([
    ["body.json", '{ "status": "paid" }', "application/json"],
    ["body.json", "[1, 2]", "application/json"],
    ["body.TXT", "sent", "text/plain; charset=utf-8"],
    ["body", "\u0000", "application/octet-stream"],
    ["empty.html", "", "text/html; charset=utf-8"],
  ])("takes any other file as the body of a 200: %s %j", async (name, text, type) => {
    expect(await answerOf(name, text)).toEqual({
      status: 200,
      headers: [["content-type", type]],
      body: text,
    });
  });

  it.each([
    [
      "a status that says refused",
      { status: 404, body: "" },
      "status 404 does not say that the call was executed",
    ],
    ["a status that is none", { status: 2e9, body: "" }, "status 2000000000 does not say"],
    ["another key", { status: 200, body: "", header: {} }, "it does not have header"],
    ["headers in a list", { status: 200, body: "", headers: [] }, "headers are an object of texts"],
    [
      "a header with a line in it",
      { status: 200, body: "", headers: { a: "b\r\nc: d" } },
      '"a" is no header with a text',
    ],
    [
      "a header without a name",
      { status: 200, body: "", headers: { "": "b" } },
      '"" is no header with a text',
    ],
    ["a number as a header", { status: 200, body: "", headers: { a: 1 } }, '"a" is no header with a text'],
    [
      "a length of its own",
      { status: 200, body: "", headers: { "Content-Length": "9" } },
      "leave out Content-Length",
    ],
  ])("refuses %s", async (_name, written, sentence) => {
    const reading = answerOf("a.json", JSON.stringify(written));
    await expect(reading).rejects.toThrow(AnswerFileError);
    await expect(reading).rejects.toThrow(sentence);
  });

  it("refuses what is called JSON and is none", async () => {
    await expect(answerOf("a.json", "{")).rejects.toThrow("is not JSON");
  });

  it("refuses files that it cannot read, or that are too large", async () => {
    const folder = await ownFolder();
    await expect(readAnswerFile(path.join(folder, "none"))).rejects.toThrow("there is no such file");
    await expect(readAnswerFile(folder)).rejects.toThrow("it is a folder");
    await expect(answerOf("a.txt", "x".repeat(16 * 1024 * 1024 + 1))).rejects.toThrow(
      "larger than 16777216 bytes",
    );
  });
});

async function answerOf(name: string, text: string) {
  const file = path.join(await ownFolder(), name);
  await writeFile(file, text);
  const { body, ...rest } = await readAnswerFile(file);
  return { ...rest, body: new TextDecoder().decode(body) };
}
