import { createServer } from "node:http";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { explainListenError } from "../../src/cli/listen-error.ts";

describe("an error of listening", () => {
  it("says that the port is in use, and what to do", async () => {
    const first = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void first.close());
    await once(first, "listening");
    const { port } = first.address() as { readonly port: number };
    const error = await failureOf("127.0.0.1", port);
    expect(explainListenError(error, { host: "127.0.0.1", port })).toBe(
      `Another program listens on port ${port} on 127.0.0.1 already, perhaps another Longstop. ` +
        "Stop it, or choose another port: longstop start --port 0 takes any free one.",
    );
  });

  it("says that the address is another machine's", async () => {
    // 192.0.2.0/24 belongs to documentation (RFC 5737), so to no machine.
    const error = await failureOf("192.0.2.1", 0);
    expect(explainListenError(error, { host: "192.0.2.1", port: 0 })).toBe(
      "This machine has no address 192.0.2.1. Set listen.host to one of its own, such as 127.0.0.1.",
    );
  });

  it.each([
    [{ code: "EACCES", syscall: "listen" }, "This user may not listen on port 80 on h."],
    [{ code: "ENOTFOUND", syscall: "getaddrinfo" }, "The host name h cannot be resolved."],
    [{ code: "EAI_AGAIN", syscall: "getaddrinfo" }, "The host name h cannot be resolved."],
  ])("explains %j", (error, sentence) => {
    expect(explainListenError(error, { host: "h", port: 80 })).toContain(sentence);
  });

  it.each([{ code: "EACCES", syscall: "open" }, new Error("x"), undefined, null])(
    "leaves %j to others",
    (error) => {
      expect(explainListenError(error, { host: "h", port: 80 })).toBeNull();
    },
  );
});

async function failureOf(host: string, port: number): Promise<unknown> {
  const server = createServer().listen(port, host);
  const [error] = (await once(server, "error")) as [unknown];
  return error;
}
