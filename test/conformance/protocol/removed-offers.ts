import { describe, expect, it } from "vitest";
import type { Prompt, PromptEdit } from "../../../src/exchange/prompt.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import type { ProtocolSubject } from "../protocol-suite.ts";

/** The body without its messages: a name that was called stays in the history. */
function besideMessages(prompt: Prompt): string {
  let at = 0;
  let rest = "";
  for (const { span } of prompt.messages) {
    rest += prompt.text.slice(at, span.start);
    at = span.end;
  }
  return rest + prompt.text.slice(at);
}

const remove = (index: number): PromptEdit => ({ kind: "remove-offer", offer: index });

/** An offer that leaves is named nowhere: a provider refuses a choice of what is not there. */
export function removedOffersSuite(
  protocol: Protocol,
  { path, conversation, choosing }: ProtocolSubject,
): void {
  const readPrompt = (text: string): Prompt => protocol.readPrompt(text, path);
  const prompt = readPrompt(conversation);

  describe("removing offers", () => {
    it("leaves the name of a removed offer nowhere but in what was said", () => {
      for (const { index, name } of prompt.offers) {
        const after = readPrompt(protocol.editPrompt(prompt, [remove(index)]));
        expect(besideMessages(prompt)).toContain(JSON.stringify(name));
        expect(besideMessages(after)).not.toContain(JSON.stringify(name));
      }
    });

    it.runIf(choosing !== null)("narrows a choice of some tools, down to none of them", () => {
      const names = prompt.offers.map(({ name }) => name);
      const chosen = readPrompt(choosing!(names));
      const [first, ...others] = chosen.offers;
      const one = readPrompt(protocol.editPrompt(chosen, [remove(first!.index)]));
      expect(besideMessages(one)).not.toContain(JSON.stringify(first!.name));
      for (const { name } of others) {
        // Offered, and still one of those that may be called.
        expect(besideMessages(one).split(JSON.stringify(name))).toHaveLength(3);
      }

      // Those of the choice are gone, another tool is left: it was not to be called, and is not now.
      const only = readPrompt(choosing!([first!.name]));
      const left = readPrompt(protocol.editPrompt(only, [remove(first!.index)]));
      expect(left.offers.map(({ name }) => name)).toEqual(others.map(({ name }) => name));
      expect(left.toolChoice).toEqual({ kind: "none" });

      const none = readPrompt(
        protocol.editPrompt(
          chosen,
          chosen.offers.map(({ index }) => remove(index)),
        ),
      );
      for (const name of names) expect(besideMessages(none)).not.toContain(JSON.stringify(name));
    });
  });
}
