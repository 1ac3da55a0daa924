import { describe, expect, it } from "vitest";
import { Orphans } from "../../../src/proxy/effects/orphans.ts";

describe("operations that run on although their client is gone", () => {
  it("are found by tenant and key for as long as they run", () => {
    const orphans = new Orphans();
    expect(orphans.occurrence("local", "k")).toBeUndefined();
    orphans.add("local", "k", 3);
    expect(orphans.occurrence("local", "k")).toBe(3);
    expect(orphans.occurrence("local", "other")).toBeUndefined();
    expect(orphans.occurrence("another", "k")).toBeUndefined();
    orphans.delete("local", "k", 3);
    expect(orphans.occurrence("local", "k")).toBeUndefined();
  });

  it("are all kept where several are equal: the end of one hides no other", () => {
    const orphans = new Orphans();
    orphans.add("local", "k", 1);
    orphans.add("local", "k", 2);
    orphans.add("local", "k", 2);
    expect(orphans.occurrence("local", "k")).toBe(1);
    orphans.delete("local", "k", 1);
    expect(orphans.occurrence("local", "k")).toBe(2);
    orphans.delete("local", "k", 1);
    expect(orphans.occurrence("local", "k")).toBe(2);
    orphans.delete("local", "k", 2);
    expect(orphans.occurrence("local", "k")).toBeUndefined();
  });

  it("that are not known can end", () => {
    const orphans = new Orphans();
    orphans.delete("local", "k", 1);
    expect(orphans.occurrence("local", "k")).toBeUndefined();
  });
});
