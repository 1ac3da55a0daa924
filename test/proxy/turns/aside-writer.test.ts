import { expect, it } from "vitest";
import { blobBytesMax } from "../../../src/ledger/ledger.ts";
import { Aside } from "../../../src/proxy/turns/aside.ts";
import { AsideWriter, blobsOf } from "../../../src/proxy/turns/aside-writer.ts";

it("writes each round from its beginning, and where one was shown from", async () => {
  const aside = new Aside(
    () => {},
    () => 7,
  );
  const put: [string, string][] = [];
  const writer = new AsideWriter({ aside }, (bytes, place) => {
    put.push([place, Buffer.from(bytes).toString()]);
    return Promise.resolve();
  });
  await writer.write();
  aside.take(Buffer.from("ab"));
  await writer.write();
  aside.take(Buffer.from("c"));
  await writer.write();
  await writer.write();
  aside.nextRound();
  await writer.writeReleased();
  aside.take(Buffer.from("d"));
  await writer.write();
  aside.released();
  await writer.writeReleased();
  await writer.writeReleased();
  await writer.write();
  expect(put).toEqual([
    ["aside-0-0", "ab"],
    ["aside-0-1", "c"],
    ["aside-1-0", "d"],
    ["aside-1-released", "7"],
  ]);
  await new AsideWriter({ aside: null }, () => Promise.reject(new Error("nothing to write"))).write();
});

it("says whether there is something to write", async () => {
  const aside = new Aside(
    () => {},
    () => 7,
  );
  const writer = new AsideWriter({ aside }, () => Promise.resolve());
  const all: boolean[] = [];
  const next = async (happens: () => unknown): Promise<void> => {
    happens();
    all.push(writer.hasMore);
    await writer.writeReleased();
    await writer.write();
    expect(writer.hasMore).toBe(false);
  };
  await next(() => {});
  await next(() => aside.take(Buffer.from("a")));
  await next(() => aside.take(Buffer.from("b")));
  await next(() => aside.nextRound());
  await next(() => aside.take(Buffer.from("c")));
  await next(() => aside.released());
  await next(() => aside.nextTurn());
  expect(all).toEqual([false, true, true, false, true, true, false]);
  expect(new AsideWriter({ aside: null }, () => Promise.resolve()).hasMore).toBe(false);
});

it("cuts bytes into what a blob has room for", () => {
  expect([...blobsOf(Buffer.alloc(blobBytesMax + 1))].map(({ length }) => length)).toEqual([blobBytesMax, 1]);
  expect([...blobsOf(Buffer.alloc(0))]).toEqual([]);
});
