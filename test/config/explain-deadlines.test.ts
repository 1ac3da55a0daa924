import { describe, expect, it } from "vitest";
import { deadlineLines } from "../../src/config/explain-deadlines.ts";
import { configOf } from "./loading.ts";

const explained = async (text: string): Promise<readonly string[]> => deadlineLines(await configOf(text));

describe("deadlines, explained", () => {
  it("say when a client hears, and what is asked once more", async () => {
    expect(await explained("")).toEqual([
      "enforce: a client hears from the gateway 10 % before its limit, at least 1 s and at most 10 s",
      "whoever asks for one document hears after 4.8 min at most",
      "who does not say how long it waits has no other limit",
      "a request to a model that was not sent is made again once",
    ]);
  });

  it("say what was chosen", async () => {
    expect(
      await explained(
        "deadlines: { mode: report, wholeSeconds: 0, totalSeconds: 90 }\n" +
          "upstreamRetries: { attemptsMax: 2, statuses: [429, 503] }",
      ),
    ).toEqual([
      "report: said when a client would have heard from the gateway, 10 % before its limit, at least 1 s and " +
        "at most 10 s",
      "one document may take as long as the client says",
      "who does not say how long it waits has 1.5 min",
      "a request to a model that was not sent, or was answered with 429, 503, is made again at most 2 times",
    ]);
    expect(await explained("deadlines: { mode: off }\nupstreamRetries: { attemptsMax: 0 }")).toEqual([
      "off: clients wait for as long as the upstream takes",
      "a model is never asked once more by the gateway itself",
    ]);
  });
});
