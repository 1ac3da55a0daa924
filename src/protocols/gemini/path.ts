/** What a path says of a request: the model, and whether the answer comes in pieces. */
export interface Addressed {
  readonly model: string;
  readonly stream: boolean;
}

// A colon may come percent-encoded, and means the same then.
const guarded =
  /(?:^|\/)(?:models|tunedModels|endpoints)\/([^/]+)(?::|%3[aA])(generateContent|streamGenerateContent)$/;

/**
 * Reads `…/models/{model}:generateContent` and `:streamGenerateContent`, of the Gemini API, of tuned
 * models and of Vertex AI (`…/publishers/google/models/{model}:…`, `…/endpoints/{id}:…`); null for any
 * other path. https://ai.google.dev/api/generate-content
 */
export function readPath(path: string): Addressed | null {
  const [, model, verb] = guarded.exec(path) ?? [];
  return model === undefined ? null : { model, stream: verb === "streamGenerateContent" };
}

/** The path of the model that a path asks for an answer: without the method, which says in what form. */
export function pathOfModel(path: string): string {
  return path.replace(/(?::|%3[aA])(?:generateContent|streamGenerateContent)$/, "");
}

/**
 * True for a path of the Gemini API that no other vendor has: a version of its own, or a method on a
 * model. A model of OpenAI may have colons in its name (`/v1/models/ft:gpt-4o:acme::abc`), so the
 * methods are told by their names.
 */
export function isGeminiPath(path: string): boolean {
  return (
    /^\/(?:upload\/)?v1(?:alpha|beta)\d*\//.test(path) ||
    (/^\/v1\/(?:tunedM|m)odels\/[^/]+$/.test(path) && ofModel.test(path))
  );
}

const ofModel = new RegExp(
  "(?::|%3[aA])(?:(?:streamG|batchG|bidiG|g)enerateContent|countTokens|" +
    "(?:asyncBatchE|batchE|e)mbedContents?|predict(?:LongRunning)?|generateAnswer)$",
);
