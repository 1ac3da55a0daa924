import { describe, expect, it } from "vitest";
import { requestBody } from "../../../bench/bodies.ts";
import { readPace, writePace } from "../../../bench/mock/pace.ts";

describe("the pace of a stream", () => {
  const pace = { events: 200, intervalMs: 0, eventsPerWrite: 8 };

  it("comes back from the request that carries it, whoever writes the JSON anew on the way", () => {
    const body = requestBody(1_000, { stream: true, user: writePace(pace) });
    expect(readPace(body)).toEqual(pace);
    expect(readPace(JSON.stringify(JSON.parse(body), null, 1))).toEqual(pace);
  });

  it("is not guessed where a request has none", () => {
    expect(readPace(requestBody(1_000))).toBeNull();
    expect(readPace('{"user":"pace 200"}')).toBeNull();
  });
});
