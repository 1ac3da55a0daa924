import { expect, it } from "vitest";
import { holdBounds, holdingOf } from "../../src/proxy/holding.ts";
import { groupPosts } from "../../src/proxy/posts.ts";
import { engineSettings } from "./support/engine-settings.ts";

it("holds nothing where nobody judges, whatever the client gets", () => {
  expect([holdingOf(groupPosts([]), false), holdingOf(groupPosts([]), true)]).toEqual(["none", "none"]);
});

it("bounds what is put together in the end as a whole answer is", () => {
  const settings = engineSettings();
  expect(holdBounds(settings, false)).toBe(settings.hold);
  expect(holdBounds(settings, true)).toMatchObject({
    heldBytesMax: settings.limits.answerBytesMax,
    heldSecondsMax: 86_400,
    keepAliveSeconds: settings.hold.keepAliveSeconds,
  });
});
