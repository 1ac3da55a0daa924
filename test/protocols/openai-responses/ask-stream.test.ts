import { describe, expect, it } from "vitest";
import { askStream } from "../../../src/protocols/openai-responses/ask-stream.ts";
import { bareConversation } from "./traffic.ts";

const asked = (body: string) => askStream(body, "/v1/responses", "?api-version=1");

describe("asking for a stream of Responses", () => {
  it("changes one member, and no other byte", () => {
    expect(asked(bareConversation)).toEqual({
      path: "/v1/responses",
      query: "?api-version=1",
      body: bareConversation.replace(/\}$/, ',"stream":true}'),
    });
    expect(asked('{ "stream" : false ,"input":"?"}')?.body).toBe('{ "stream" : true ,"input":"?"}');
  });

  it("is not possible for what is made in the background, nor where there is no request", () => {
    expect(asked('{"input":"?","background":true}')).toBeNull();
    expect(asked('{"input":"?","background":true,"background":false}')).not.toBeNull();
    expect(asked("[]")).toBeNull();
  });
});
