import { expect, it } from "vitest";
import { faultLines } from "./loading.ts";

const mapping = (path: string, template: string): string =>
  `tools: { t: { url: 'http://h', decisions: [{ tool: a, path: '${path}', arguments: { x: '${template}' } }] } }`;

it("refuses an argument of a segment that the path does not name, and says what would do", async () => {
  const [line, ...others] = await faultLines(mapping("/users/{user}", "{name}: {user}"));
  expect(others).toEqual([]);
  expect(line).toContain("tools.t.decisions[0].arguments.x");
  expect(line).toContain('the name of a segment in "/users/{user}", or {/name} for a field of the body');
});

it("takes segments that are named, fields and parameters", async () => {
  expect(await faultLines(mapping("/users/{user}", "{user} {/name} {?name}"))).toEqual([]);
});
