import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

describe("the section of the operator's port", () => {
  it("opens none where nothing is said", async () => {
    expect((await configOf("")).admin).toEqual({ host: "127.0.0.1", port: null });
  });

  it("takes a port and where its token lies", async () => {
    const { admin } = await configOf("admin: { port: 4141, token: { env: ADMIN_TOKEN } }");
    expect(admin).toEqual({ host: "127.0.0.1", port: 4141, token: { env: "ADMIN_TOKEN" } });
  });

  it("wants the token itself nowhere", async () => {
    const [fault] = await faultLines("admin: { port: 1, token: very-secret-token }");
    expect(fault).toContain("admin.token");
    expect(fault).not.toContain("very-secret-token");
  });

  it("says what a port is", async () => {
    expect((await faultLines("admin: { port: 70000 }"))[0]).toContain("a port, 0 to 65535, or null");
  });
});
