import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Tenant, Tenancy, TenantUse, type VirtualKey } from "../../src/proxy/tenancy.ts";

const key = `ls_${"a1".repeat(20)}`;
const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");

function tenant(more: Partial<Tenant> = {}): Tenant {
  return { name: "acme", upstreams: null, tools: null, requestsPerMinuteMax: 0, concurrentMax: 0, ...more };
}

function scene(one: Tenant, keys: readonly Partial<VirtualKey>[] = [{}], use = new TenantUse()) {
  const clock = { wallMs: 1000, ms: 0 };
  const all = keys.map((more) => ({
    tenant: one.name,
    hash: hashOf(key),
    expiresMs: null,
    disabled: false,
    ...more,
  }));
  const tenancy = new Tenancy(all, [one], use, { now: () => clock.wallMs, monotonic: () => clock.ms });
  return { tenancy, clock, use };
}

const code = (name: string): unknown => expect.objectContaining({ code: name });

describe("a virtual key", () => {
  it("names its tenant, and so does the one that follows it", () => {
    const next = `ls_${"b2".repeat(20)}`;
    const { tenancy } = scene(tenant(), [{ expiresMs: 2000 }, { hash: hashOf(next) }]);
    expect(tenancy.tenantOf(key).name).toBe("acme");
    expect(tenancy.tenantOf(next).name).toBe("acme");
  });

  it("is refused where it is missing, unknown, disabled or expired, and never shown", () => {
    const { tenancy, clock } = scene(tenant(), [{ expiresMs: 2000 }]);
    expect(() => tenancy.tenantOf(null)).toThrow(code("key_missing"));
    expect(() => tenancy.tenantOf(`${key}x`)).toThrow(code("key_unknown"));
    // A hash is no key: who reads the configuration cannot come in with it.
    expect(() => tenancy.tenantOf(hashOf(key))).toThrow(code("key_unknown"));
    clock.wallMs = 2000;
    expect(() => tenancy.tenantOf(key)).toThrow(code("key_expired"));
    expect(() => tenancy.tenantOf(key)).not.toThrow(key);
    expect(() => scene(tenant(), [{ disabled: true }]).tenancy.tenantOf(key)).toThrow(code("key_disabled"));
  });
});

describe("the limits of a tenant", () => {
  it("bound what runs at the same time, and count what has ended no more", () => {
    const { tenancy } = scene(tenant({ concurrentMax: 2 }));
    const one = tenant({ concurrentMax: 2 });
    const leave = tenancy.enter(one);
    tenancy.enter(one);
    expect(() => tenancy.enter(one)).toThrow(expect.objectContaining({ status: 429, retryAfterSeconds: 1 }));
    leave();
    expect(() => tenancy.enter(one)).not.toThrow();
  });

  it("bound the requests of a minute, say when the next may come, and outlive a reload", () => {
    const one = tenant({ requestsPerMinuteMax: 2 });
    const { tenancy, clock, use } = scene(one);
    tenancy.enter(one)();
    clock.ms = 10_500;
    tenancy.enter(one)();
    expect(() => tenancy.enter(one)).toThrow(expect.objectContaining({ status: 429, retryAfterSeconds: 50 }));
    const after = scene(one, [{}], use);
    after.clock.ms = 11_000;
    expect(() => after.tenancy.enter(one)).toThrow(code("requests_too_many"));
    after.clock.ms = 60_000;
    expect(() => after.tenancy.enter(one)).not.toThrow();
  });
});
