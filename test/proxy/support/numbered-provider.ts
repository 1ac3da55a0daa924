import { type Provider, startProvider } from "../../../examples/provider/provider.ts";

/** A model whose answers are numbered, so that a replayed one shows: `Answer 1.`, `Answer 2.` */
export function startNumberedProvider(): Promise<Provider> {
  let asked = 0;
  return startProvider(() => ({ text: [`Answer ${(asked += 1)}.`] }));
}
