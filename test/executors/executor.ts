// An executor is what calls a tool in an agent's name and may call it twice: an SDK's own loop, its retries,
// or whoever starts a failed agent again. Each file beside this one has one, on its real SDK.

/** Where an executor works, and one order that is to be charged once. */
export interface Place {
  /** Where the models are: the provider, or Longstop. Without `/v1`. */
  readonly modelsUrl: string;
  /** Where the tool is. `/charges` and `/v1/charges` charge. */
  readonly toolUrl: string;
  readonly order: string;
  /** How long the client waits for the tool. */
  readonly timeoutMs: number;
  /** Told what each request to the tool came to, in the words of `heardFetch`. */
  hear(said: string): void;
}

export interface Executor {
  readonly name: string;
  /** The service behind it remembers idempotency keys. */
  readonly keyed: boolean;
  /** Has the order charged, as well as the SDK can. Rejects where the agent gives up. */
  charge(place: Place): Promise<void>;
}

/** How often a model asks for a charge that failed, and a job is begun anew. */
export const triesMax = 3;

export const modelName = { openai: "gpt-5.4-mini", anthropic: "claude-sonnet-5-5" } as const;

export const chargeTool = {
  name: "charge",
  description: "Charges the customer's card for an order.",
  parameters: {
    type: "object" as const,
    properties: { order: { type: "string" as const }, amount: { type: "number" as const } },
    required: ["order", "amount"],
    additionalProperties: false as const,
  },
};

export function questionOf({ order }: Place): string {
  return `Charge ${order}`;
}

/** `fetch` that says what it heard: a status with the error's code, or that no answer came. */
export function heardFetch(place: Place): typeof fetch {
  return async (input, init) => {
    try {
      const answer = await fetch(input, init);
      place.hear(wordsOf(answer, await answer.clone().text()));
      return answer;
    } catch (cause) {
      place.hear("no answer");
      throw cause;
    }
  };
}

function wordsOf(answer: Response, body: string): string {
  if (answer.headers.get("idempotent-replayed") === "true") return `${answer.status} (recorded)`;
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return code === undefined ? String(answer.status) : `${answer.status} ${code}`;
}

/** The body of the tool, as most people write it: what is no success is thrown. */
export async function postCharge(place: Place, args: unknown): Promise<string> {
  const answer = await heardFetch(place)(`${place.toolUrl}/charges`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(place.timeoutMs),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status}: ${text}`);
  return text;
}

/** What a queue, a supervisor or an impatient user does with an agent that failed. */
export async function startedAgain(once: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await once();
      return;
    } catch (cause) {
      if (tries === triesMax) throw cause;
    }
  }
}
