import { describe, expect, it } from "vitest";
import { headOf, pieceAddress, pieceOf, writtenHead } from "../../../src/proxy/turns/turn-pieces.ts";

const making = { tenant: "acme", id: "id-1", epoch: 2 };

describe("the pieces of a turn", () => {
  it("lie at places of one making of one turn", () => {
    const others = [
      { ...making, id: "id-2" },
      { ...making, epoch: 3 },
    ];
    const places = [making, ...others].flatMap((one) => [
      pieceAddress(one, "head"),
      pieceAddress(one, 0),
      pieceAddress(one, 1),
    ]);
    expect(new Set(places).size).toBe(9);
    expect(pieceAddress(making, 7)).toBe("turn-7-id-1-2");
  });

  it("begin with the first lines of the answer, without secrets", async () => {
    const headers = ["Content-Type", "application/json", "Set-Cookie", "s=1", "Content-Length", "2"];
    const bytes = writtenHead({ status: 200, headers, isDocument: false });
    const asked: string[] = [];
    const ledger = {
      get: async (tenant: string, address: string) => {
        asked.push(`${tenant} ${address}`);
        return bytes;
      },
    };
    expect(await headOf(ledger, making)).toEqual({
      status: 200,
      headers: ["Content-Type", "application/json"],
    });
    expect(await pieceOf(ledger, making, 3)).toBe(bytes);
    expect(asked).toEqual(["acme turn-head-id-1-2", "acme turn-3-id-1-2"]);
    expect(await headOf({ get: () => Promise.resolve(null) }, making)).toBeNull();
  });
});
