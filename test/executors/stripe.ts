import { Stripe } from "stripe";
import { heardFetch, startedAgain, type Executor, type Place } from "./executor.ts";

/**
 * The SDK has no base URL with a path, so its `fetch` takes its requests to the tool. Three attempts a call
 * under one random key are its default.
 */
export function stripeAt(place: Place): Stripe {
  const heard = heardFetch(place);
  return new Stripe("sk_test_longstop", {
    timeout: place.timeoutMs,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient((input: string | URL | Request, init?: RequestInit) => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      return heard(`${place.toolUrl}${pathname}${search}`, init);
    }),
  });
}

/** An agent that wants the card charged, and asks again when the SDK has given up. */
async function charge(place: Place): Promise<void> {
  const stripe = stripeAt(place);
  await startedAgain(async () => {
    const wanted = { amount: 500, currency: "eur", source: "tok_visa", description: place.order };
    const made: { readonly id?: string } = await stripe.charges.create(wanted);
    // The SDK takes for a charge whatever has no member `error`, also with a status of 400.
    if (made.id === undefined) place.hear("an error taken for a charge");
  });
}

/** Before a service that does not remember keys: a double of Stripe's API, another vendor's. */
export const stripeUnkeyed: Executor = { name: "stripe-node", keyed: false, charge };

/** Before a service that does, as Stripe itself. */
export const stripeKeyed: Executor = { name: "stripe, keyed", keyed: true, charge };
