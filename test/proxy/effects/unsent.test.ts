import { expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { orUnsent } from "../../../src/proxy/effects/unsent.ts";

const failing = (thrown: unknown): Promise<unknown> => orUnsent(() => Promise.reject(thrown));

it("gives what the ledger said", async () => expect(await orUnsent(() => Promise.resolve(5))).toBe(5));

it("says that nothing was sent where it says nothing, and what became of the ledger", async () => {
  const cause = new Error("the disk is gone");
  await expect(failing(cause)).rejects.toMatchObject({
    code: "ledger_down",
    message: expect.stringContaining("Nothing was sent.") as unknown,
    cause,
  });
  const lost = new LongstopError("ledger_unconfirmed", "lost", { retryAfterSeconds: 7 });
  await expect(failing(lost)).rejects.toMatchObject({
    code: "ledger_unconfirmed",
    message: expect.stringContaining("longstop ledger confirm") as unknown,
    retryAfterSeconds: 7,
  });
});

it("leaves a refusal of the call as it is", async () => {
  const refusal = new LongstopError("unrequested", "no");
  await expect(failing(refusal)).rejects.toBe(refusal);
});
