import type { KeyPlace } from "../../../exchange/keyed-service.ts";
import { formSlot, querySlot } from "./form-place.ts";
import { graphqlDirectiveSlot, graphqlVariableSlot } from "./graphql-place.ts";
import { headerSlot } from "./header-place.ts";
import { jsonSlot } from "./json-place.ts";
import { sealOf } from "./seals.ts";
import { closed, type KeyedRequest, type Slot } from "./slot.ts";

/** The place for a key in a request: what stands there, and how to put another one there. */
export function keySlot(place: KeyPlace, request: KeyedRequest): Slot {
  if (place.in === "header") return headerSlot(request, place.name, place.quoted ?? false);
  const seal = sealOf(request.headers);
  if (seal !== null) return closed(`the client vouches for its request in ${seal}`);
  switch (place.in) {
    case "json":
      return jsonSlot(request, place.pointer);
    case "form":
      return formSlot(request, place.field);
    case "query":
      return querySlot(request, place.parameter);
    case "graphql-variable":
      return graphqlVariableSlot(request, place);
    case "graphql-directive":
      return graphqlDirectiveSlot(request, place);
  }
}
