import { describe, expect, it } from "vitest";
import { askStream } from "../../../src/protocols/anthropic-messages/ask-stream.ts";
import { bareConversation } from "./traffic.ts";

const asked = (body: string) => askStream(body, "/v1/messages", "?beta=true");

describe("asking for a stream of Messages", () => {
  it("changes one member, and no other byte", () => {
    expect(asked(bareConversation)).toEqual({
      path: "/v1/messages",
      query: "?beta=true",
      body: bareConversation.replace(/\}$/, ',"stream":true}'),
    });
    expect(asked('{ "stream" : false ,"messages":[]}')?.body).toBe('{ "stream" : true ,"messages":[]}');
    expect(asked('{"stream":true,"stream":null}')?.body).toBe('{"stream":true,"stream":true}');
  });

  it("is not possible where there is no request", () => {
    expect(asked("[]")).toBeNull();
    expect(asked("{")).toBeNull();
  });
});
