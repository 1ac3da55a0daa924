import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { completed, missingFrom, type LockEntries } from "../../scripts/lock.ts";

describe("the lock file", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: LockEntries };

  it("has every package for every platform, so that npm ci accepts it anywhere", () => {
    expect(Object.keys(packages).length).toBeGreaterThan(100);
    const faults = missingFrom(packages).map(
      ({ name, wantedBy }) => `${wantedBy} wants ${name}. Run npm run lock.`,
    );
    expect(faults).toEqual([]);
  });
});

function tool(optionalDependencies: Record<string, string>): LockEntries {
  return {
    "node_modules/tool": { version: "1.2.3", dev: true, optionalDependencies },
    "node_modules/@tool/linux-x64-gnu": { version: "1.2.3", os: ["linux"], cpu: ["x64"], libc: ["glibc"] },
  };
}

describe("completing a lock file", () => {
  it.each([
    ["@tool/binding-linux-arm-gnueabihf", { os: ["linux"], cpu: ["arm"] }],
    ["@tool/binding-linux-s390x-musl", { os: ["linux"], cpu: ["s390x"], libc: ["musl"] }],
    ["@tool/binding-win32-ia32-msvc", { os: ["win32"], cpu: ["ia32"] }],
    ["@tool/darwin-arm64", { os: ["darwin"], cpu: ["arm64"] }],
    ["@tool/binding-android-arm-eabi", { os: ["android"], cpu: ["arm"] }],
  ])("says for which platform %s is", (name, platform) => {
    const entry = completed(tool({ [name]: "1.2.3" }))[`node_modules/${name}`];
    expect(entry).toEqual({ version: "1.2.3", ...platform, dev: true, optional: true });
  });

  it("says of every platform package what npm itself says of those it could see", () => {
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: LockEntries };
    const seen = Object.entries(packages).filter(([path]) =>
      /@(?:oxlint|oxfmt|rolldown)\/binding-(?!wasm)/.test(path),
    );
    expect(seen.length).toBeGreaterThan(20);
    for (const [path, { os, cpu, libc }] of seen) {
      const name = path.replace("node_modules/", "");
      const written = completed({ "node_modules/tool": { optionalDependencies: { [name]: "1.2.3" } } })[path];
      expect({ os: written?.os, cpu: written?.cpu, libc: written?.libc }).toEqual({ os, cpu, libc });
    }
  });

  it("leaves what is there, and refuses what it cannot know", () => {
    const whole = tool({ "@tool/linux-x64-gnu": "1.2.3" });
    expect(completed(whole)).toEqual(whole);
    expect(() => completed(tool({ fsevents: "~2.3.3" }))).toThrow("no exact version");
  });
});
