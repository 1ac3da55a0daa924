import { defineGuard, type Guard } from "../../../src/guards/guard.ts";

/** Judges calls and results of tools by the words in them. */
export const warden: Guard = defineGuard<object>({
  name: "warden",
  version: 1,
  summary: "For tests.",
  options: {},
  watch: () => ({
    watches: {
      call: ({ call }) => {
        if (call.argumentsText.includes("wrong"))
          return { kind: "block", reason: "wrong", toModel: "Say it right." };
        if (call.argumentsText.includes("forbidden")) {
          return { kind: "block", reason: "policy", toModel: "Not allowed.", policy: true };
        }
        if (call.argumentsText.includes("known"))
          return { kind: "answer", result: '{"known":true}', reason: "known" };
        if (call.argumentsText.includes("typo")) {
          return { kind: "rewrite", to: { argumentsText: '{"fixed":1}' }, reason: "a typo" };
        }
        return { kind: "pass" };
      },
      result: ({ texts }) => {
        const [text = ""] = texts;
        if (text.includes("poison")) return { kind: "block", reason: "poison", toModel: "[removed]" };
        if (text.includes("loud"))
          return { kind: "rewrite", to: { texts: [text.toLowerCase()] }, reason: "too loud" };
        return { kind: "pass" };
      },
    },
  }),
});
