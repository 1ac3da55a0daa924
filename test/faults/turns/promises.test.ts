import { describe, expect, it } from "vitest";
import type { Heard } from "./asking.ts";
import { brokenTurnPromises, type AskedTurn } from "./promises.ts";
import { readAnswer, speeches, type Speech } from "./speech.ts";

const whole: Heard = {
  status: 200,
  body: "g1w0 g1w1",
  form: "stream",
  generations: [1],
  endsWell: true,
  hasAll: true,
  hasCall: true,
  replayed: false,
  recorded: true,
  left: false,
};
const other: Heard = { ...whole, generations: [2], body: "g2w0 g2w1" };
const cut: Heard = { ...whole, endsWell: false, hasAll: false, hasCall: false };
const asked: AskedTurn = {
  turn: "t",
  way: "marked",
  heard: [cut, whole, { ...whole, replayed: true }],
  paid: [1, 2],
  generations: 2,
  forgets: false,
  holdsCalls: true,
};

describe("what the faults of turns take for a broken promise", () => {
  it("is nothing where a client has its answer, and has it again", () => {
    expect(brokenTurnPromises(asked)).toEqual([]);
    expect(brokenTurnPromises({ ...asked, way: "sample", heard: [whole, other] })).toEqual([]);
    expect(brokenTurnPromises({ ...asked, forgets: true, heard: [whole, other, other] })).toEqual([]);
    const unrecorded = { ...whole, recorded: false };
    expect(brokenTurnPromises({ ...asked, heard: [unrecorded, other] })).toEqual([]);
  });

  it.each<[string, Partial<AskedTurn>]>([
    ["one answer has words of the generations 1 and 2", { heard: [{ ...whole, generations: [1, 2] }] }],
    ["an answer ended as a whole one, and lacks a part", { heard: [{ ...whole, hasAll: false }] }],
    ["a call left in an answer that was cut", { heard: [{ ...cut, hasCall: true }, whole] }],
    ["it was answered with the generations 1 and 2", { heard: [whole, other] }],
    [
      "it was answered with the generations 2 and 3",
      { forgets: true, heard: [whole, other, { ...other, generations: [3] }] },
    ],
    ["the same answer was told in other bytes", { heard: [whole, { ...whole, body: "g1w0  g1w1" }] }],
    ["the model was asked 3 times, and 1 or 2 is right", { generations: 3 }],
    ["its client has no answer, at last 200 g1w0 g1w1", { heard: [cut] }],
    ["2 samples were answered with 1 answers", { way: "sample", heard: [whole, whole] }],
  ])("is: %s", (sentence, change) => {
    const { way } = { ...asked, ...change };
    expect(brokenTurnPromises({ ...asked, ...change })).toEqual([`t (${way}): ${sentence}`]);
  });
});

describe("an answer as the faults of turns read it", () => {
  const chat = speeches.find(({ name }) => name === "chat") as Speech;
  const line = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ choices: [{ delta, finish_reason: finish }] })}\n\n`;
  const text = [0, 1, 2, 3, 4, 5].map((at) => line({ content: `g4w${at} ` })).join("");
  const call = (args: string): string => line({ tool_calls: [{ index: 0, function: { arguments: args } }] });
  const args = JSON.stringify({ generation: 4, city: "Bergen" });
  const stop = line({}, "tool_calls");

  it("has all of a generation, or lacks a part of it", () => {
    const all = { generations: [4], endsWell: true, hasAll: true };
    const body = text + call(args.slice(0, 9)) + call(args.slice(9)) + stop;
    expect(readAnswer(chat, body, true, "call")).toMatchObject({ ...all, hasCall: true });
    expect(readAnswer(chat, text + stop, true, "text")).toMatchObject({ ...all, hasCall: false });
    expect(readAnswer(chat, text + call(args.slice(0, 9)) + stop, true, "call")).toMatchObject({
      hasAll: false,
    });
    expect(readAnswer(chat, text.slice(0, -80) + stop, true, "text")).toMatchObject({ hasAll: false });
  });

  it("ends well where nothing shows that it was cut", () => {
    expect(readAnswer(chat, text, true, "text").endsWell).toBe(false);
    expect(readAnswer(chat, text + stop, false, "text").endsWell).toBe(false);
    expect(readAnswer(chat, `${text}data: {"error":{}}\n\n${stop}`, true, "text").endsWell).toBe(false);
    expect(readAnswer(chat, text + line({ content: "g5w0" }) + stop, true, "text").generations).toEqual([
      4, 5,
    ]);
  });
});
