import { describe, expect, it } from "vitest";
import { writeFaults } from "../../src/cli/fault-report.ts";
import { loadText } from "../config/loading.ts";

describe("writeFaults", () => {
  it("shows each fault with its line and a caret", async () => {
    expect(await reportOf("listen:\n  port: 70000\n  hots: x\n")).toBe(`longstop.yaml: 2 faults

longstop.yaml:2:9  listen.port
   2 |   port: 70000
     |         ^^^^^
  expected  an integer from 0 to 65535
  found     70000

longstop.yaml:3:3  listen.hots
   3 |   hots: x
     |   ^^^^
  expected  one of the keys host, port, trustedNetwork
  found     an unknown key, "hots"
  hint      Did you mean host?
`);
  });

  it("names the option where the command line is at fault", async () => {
    expect(await reportOf("", { port: "x" })).toBe(`The command line: 1 fault

--port  listen.port
  expected  an integer from 0 to 65535
  found     "x"
`);
  });

  it("says that more may be wrong where the file is no YAML", async () => {
    expect(await reportOf("a: [1\n")).toMatch(/What else is wrong shows once this is right\.\n$/);
  });

  it("shows the part of a long line that is meant", async () => {
    const report = await reportOf(`log: { level: "${"x".repeat(300)}", fromat: json }`);
    const [, line = "", carets = ""] =
      /\n( +1 \| .*)\n( +\| .*)\n/.exec(report.slice(report.indexOf("fromat"))) ?? [];
    expect(line.length).toBeLessThan(110);
    expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("fromat");
  });

  it("never prints a secret that was put into the wrong place", async () => {
    const report = await reportOf(
      "apiKey: sk-ant-api03-abcdefghijkl\nupstreams: { a: { url: 'https://me:hunter22@host' } }\npassword: hunter22\n",
    );
    expect(report).toContain("3 faults");
    expect(report).not.toMatch(/abcdefghijkl|hunter22/);
  });

  it("points at the fault behind what is hidden", async () => {
    const text = "upstreams: { a: { apiKey: { evn: KEY }, url: 'https://me:hunter22@host', prxoy: x } }";
    const report = await reportOf(text);
    expect(report).not.toContain("hunter22");
    for (const name of ["evn", "prxoy"]) {
      const [, line = "", carets = ""] =
        /\n( +1 \| .*)\n( +\| .*)\n/.exec(report.slice(report.indexOf(`.${name}\n`))) ?? [];
      expect(line.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe(name);
    }
  });

  it("prints no control character of the file", async () => {
    const report = await reportOf('log: { level: "\\u001b[2J" }\n\u009b: 1\n');
    expect(report.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });
});

async function reportOf(text: string, overrides = {}): Promise<string> {
  const loaded = await loadText(text, overrides);
  if (loaded.kind !== "faults") throw new Error("no fault was found");
  return writeFaults(loaded).replaceAll(loaded.file, "longstop.yaml");
}
