import type { GraphqlDirective, GraphqlVariable } from "../../../exchange/keyed-service.ts";
import { nameList } from "../../../text/name-pattern.ts";
import { members, type Span, stringAt, typeAt } from "../../../wire/json-text.ts";
import { type Argument, type MutationField, mutationField } from "./graphql-mutation.ts";
import { type JsonBody, jsonBody, memberSlot, withEdits } from "./json-place.ts";
import { stepsOf } from "../../../wire/json-pointer.ts";
import { closed, type KeyedRequest, open, type Slot } from "./slot.ts";

/** A GraphQL request in JSON (GraphQL over HTTP) whose one mutation field may carry a key. */
interface Mutation {
  readonly body: JsonBody;
  /** Where the document stands in the body, as JSON. */
  readonly query: Span;
  readonly variables: Span | undefined;
  readonly field: MutationField;
}

/** Inside the variable that the field's argument is given. */
export function graphqlVariableSlot(request: KeyedRequest, place: GraphqlVariable): Slot {
  const mutation = mutationOf(request, place.fields);
  if ("why" in mutation) return closed(mutation.why);
  const argument = mutation.field.arguments.get(place.argument);
  if (argument?.kind !== "variable") return closed(`the argument ${place.argument} is given no variable`);
  return variableSlot(mutation, argument.name, stepsOf(place.pointer ?? ""));
}

/** In a directive of the field: the one that is there, or a new one behind all others. */
export function graphqlDirectiveSlot(request: KeyedRequest, place: GraphqlDirective): Slot {
  const mutation = mutationOf(request, place.fields);
  if ("why" in mutation) return closed(mutation.why);
  const { directives, end } = mutation.field;
  const own = directives.filter(({ name }) => name === place.directive);
  if (own.length > 1) return closed(`@${place.directive} came ${own.length} times`);
  const [directive] = own;
  if (directive !== undefined) return givenSlot(mutation, directive.arguments.get(place.argument), place);
  const written = (key: string): string => ` @${place.directive}(${place.argument}: ${JSON.stringify(key)})`;
  return open(request, null, {
    put: (key) => withDocumentEdit(mutation, { start: end, end }, written(key)),
    take: () => request,
  });
}

function givenSlot(mutation: Mutation, given: Argument | undefined, place: GraphqlDirective): Slot {
  if (given?.kind === "variable") return variableSlot(mutation, given.name, []);
  if (given?.kind !== "string") return closed(`@${place.directive} has no text in ${place.argument}`);
  return open(mutation.body.request, given.value === "" ? null : given.value, {
    put: (key) => withDocumentEdit(mutation, given, JSON.stringify(key)),
    // The directive stays: who sent one sends it again.
    take: () => withDocumentEdit(mutation, given, '""'),
  });
}

function mutationOf(request: KeyedRequest, fields: readonly string[]): Mutation | { readonly why: string } {
  const body = jsonBody(request);
  if ("why" in body) return body;
  const { text, root } = body;
  const own = members(text, root);
  // Of two members of one name some readers take the first, and others the last.
  const twice = ["query", "operationName", "variables"].find(
    (name) => own.filter(({ key }) => key === name).length > 1,
  );
  if (twice !== undefined) return { why: `${twice} came more than once` };
  const valueOf = (name: string): Span | undefined => own.find(({ key }) => key === name)?.value;
  const query = valueOf("query");
  const document = query === undefined ? undefined : stringAt(text, query);
  if (query === undefined || document === undefined) return { why: "the body has no GraphQL document" };
  const operationName = valueOf("operationName");
  const named = operationName === undefined ? undefined : stringAt(text, operationName);
  const field = mutationField(document, named ?? null);
  if ("why" in field) return field;
  if (!nameList(fields)(field.name)) return { why: `the mutation ${field.name} is not known to take a key` };
  return { body, query, variables: valueOf("variables"), field };
}

function variableSlot({ body, variables }: Mutation, name: string, steps: readonly string[]): Slot {
  if (variables === undefined || typeAt(body.text, variables) !== "object") {
    return closed(`the variable ${name} is not given`);
  }
  return memberSlot(body, variables, [name, ...steps]);
}

/** The request with other text in a stretch of its document, whose escapes elsewhere stay as they are. */
function withDocumentEdit({ body, query }: Mutation, { start, end }: Span, written: string): KeyedRequest {
  const raw = body.text.slice(query.start, query.end);
  const edit = {
    start: query.start + rawOffset(raw, start),
    end: query.start + rawOffset(raw, end),
    text: JSON.stringify(written).slice(1, -1),
  };
  return withEdits(body, [edit]);
}

/** Where a character of a string's value stands in the JSON text of that string. */
function rawOffset(raw: string, offset: number): number {
  let at = 1;
  for (let i = 0; i < offset; i++) {
    if (raw.charAt(at) !== "\\") at += 1;
    else at += raw.charAt(at + 1) === "u" ? 6 : 2;
  }
  return at;
}
