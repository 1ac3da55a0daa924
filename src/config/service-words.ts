import type { GraphqlVariable, KeyedService, KeyPlace } from "../exchange/keyed-service.ts";
import { writeMs } from "./units.ts";

/** Where a key goes, in words. */
export function placeWords(place: KeyPlace): string {
  switch (place.in) {
    case "header":
      return `the header ${place.name}${place.quoted === true ? ", in quotes" : ""}`;
    case "json":
      return `the JSON member ${place.pointer}`;
    case "form":
      return `the form field ${place.field}`;
    case "query":
      return `the query parameter ${place.parameter}`;
    case "graphql-variable":
      return `the variable given to ${place.argument}${inside(place)}, of ${fieldWords(place)}`;
    case "graphql-directive":
      return `the directive @${place.directive}(${place.argument}) of ${fieldWords(place)}`;
  }
}

function inside({ pointer }: GraphqlVariable): string {
  return pointer === undefined ? "" : `, at ${pointer}`;
}

function fieldWords({ fields }: { readonly fields: readonly string[] }): string {
  return fields.join(", ");
}

/** Which keys a row takes, in words; empty where it takes any. */
export function limitWords({ limits: { lengthMax, form } }: KeyedService): string {
  const words: string[] = [];
  if (lengthMax !== undefined) words.push(`at most ${lengthMax} characters`);
  if (form === "uuid") words.push("a UUID");
  if (form === "alphanumeric") words.push("letters and digits");
  return words.join(", ");
}

/** How long a key is remembered, in words. */
export function retentionWords({ keyRetentionSeconds }: KeyedService): string {
  return keyRetentionSeconds === undefined ? "not stated" : writeMs(keyRetentionSeconds * 1000);
}

/** What a row says of the calls that it fits, in one line. */
export function serviceWords(service: KeyedService): string {
  const limits = limitWords(service);
  return [
    `${service.name}: key in ${placeWords(service.key)}`,
    ...(limits === "" ? [] : [limits]),
    service.keyRetentionSeconds === undefined
      ? "how long it is remembered is not stated, so nothing is sent again by itself"
      : `remembered ${retentionWords(service)}`,
    ...(service.conflict === "refused" ? ["its 409 is a refusal"] : []),
  ].join(", ");
}
