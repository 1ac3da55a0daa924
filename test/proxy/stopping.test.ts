import { describe, expect, it } from "vitest";
import { Stopping } from "../../src/proxy/stopping.ts";

function scene(): { readonly stopping: Stopping; readonly leave: (reason: Error) => void } {
  const listeners: ((reason: Error) => void)[] = [];
  const stopping = new Stopping({ left: false, onLeave: (listener) => void listeners.push(listener) });
  return { stopping, leave: (reason) => listeners.forEach((listener) => listener(reason)) };
}

describe("what is under way for an answer", () => {
  it("ends once, for the first reason, and tells everyone", () => {
    const { stopping, leave } = scene();
    const told: string[] = [];
    stopping.onLeave(({ message }) => told.push(`early: ${message}`));
    expect(stopping.left).toBe(false);
    expect(stopping.reason).toBeNull();
    stopping.stop(new Error("too long"));
    leave(new Error("gone"));
    stopping.onLeave(({ message }) => told.push(`late: ${message}`));
    expect(told).toEqual(["early: too long", "late: too long"]);
    expect(stopping.left).toBe(true);
    expect(stopping.reason).toMatchObject({ message: "too long" });
  });

  it("tells nobody who listened before nothing stops it any more", () => {
    const { stopping } = scene();
    const told: unknown[] = [];
    stopping.onLeave((reason) => told.push(reason));
    stopping.goesOn();
    stopping.stop(new Error("too late"));
    expect(told).toEqual([]);
  });

  it("ends with its client", () => {
    const { stopping, leave } = scene();
    leave(new Error("gone"));
    expect(stopping.reason).toMatchObject({ message: "gone" });
  });
});
