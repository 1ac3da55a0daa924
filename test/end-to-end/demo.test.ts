import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

// Six agents on real SDKs, twice, with a gateway process: the longest test there is.
const withinMs = 240_000;

it(
  "keeps every promise of the demo to every agent",
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["examples/demo/main.ts"]).catch(
      (failed: { stdout: string; stderr: string }) => ({ stdout: failed.stdout + failed.stderr }),
    );
    expect(stdout).toContain("Every promise was kept.");
    expect(stdout.split("\n")[0]).toMatch(/openai create.+anthropic toolRunner.+LangChain anthropic/);
    expect(stdout.match(/ with {2,}/g)).toHaveLength(5);
  },
  withinMs,
);
