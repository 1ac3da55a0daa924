import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

const decisions = (text: string): string => `tools: { t: { url: 'http://h', decisions: [${text}] } }`;

describe("which calls carry out what a model decided", () => {
  it.each([
    "{ tool: send_mail, path: /emails, arguments: {} }",
    "{ tool: send_mail, methods: [POST], path: '/users/{user}/mails/*', arguments: { to: '{user}' } }",
    "{ tool: send_mail, path: '/v*/mails/**', arguments: { a: '{/a~1b/0}', b: '{?page}', c: 'x {/d} y' } }",
    "{ tool: send_mail, path: /**, arguments: { a: constant, b: '' } }",
    "{ tool: send_mail, path: /, arguments: {} }",
  ])("may be %s", async (text) => expect(await faultLines(decisions(text))).toEqual([]));

  it.each([
    ["", "tools.t.decisions"],
    ["{ path: /a, arguments: {} }", "tool"],
    ["{ tool: 'send *', path: /a, arguments: {} }", "tool"],
    ["{ tool: send, path: a, arguments: {} }", "path"],
    ["{ tool: send, path: '/a/', arguments: {} }", "path"],
    ["{ tool: send, path: '/a?b=1', arguments: {} }", "path"],
    ["{ tool: send, path: '/**/{id}', arguments: {} }", "path"],
    ["{ tool: send, path: '/a{id}', arguments: {} }", "path"],
    ["{ tool: send, methods: [post], path: /a, arguments: {} }", "methods"],
    ["{ tool: send, path: /a, arguments: { a: '{/b' } }", "arguments.a"],
    ["{ tool: send, path: /a, arguments: { a: '{}' } }", "arguments.a"],
    ["{ tool: send, path: /a, arguments: { a: '{a b}' } }", "arguments.a"],
    ["{ tool: send, path: /a, arguments: { a: 5 } }", "arguments.a"],
  ])("may not be %s", async (text, place) => {
    const lines = await faultLines(decisions(text));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(place);
  });

  it("is nothing where it is left out", async () => {
    const { tools } = await configOf("tools: { t: { url: 'http://h' } }");
    expect(tools["t"]).not.toHaveProperty("decisions");
  });
});
