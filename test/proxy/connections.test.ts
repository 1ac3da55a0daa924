import { describe, expect, it, onTestFinished } from "vitest";
import { Connections } from "../../src/proxy/connections.ts";
import { generousTimeouts, targetOf } from "./support/engine-settings.ts";

describe("the connections to upstreams", () => {
  it("are shared by all targets of one origin, and by no others", () => {
    const connections = new Connections(generousTimeouts);
    onTestFinished(() => connections.close());
    const first = connections.to(targetOf("a", "http://127.0.0.1:1", "/a"));
    expect(connections.to(targetOf("b", "http://127.0.0.1:1", "/b"))).toBe(first);
    expect(connections.to(targetOf("c", "http://127.0.0.1:2"))).not.toBe(first);
  });
});
