import { GraphqlTextError, type Token, tokensOf } from "./graphql-tokens.ts";

/** What an argument is given: a variable by name, a plain string with its place, or something else. */
export type Argument =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "string"; readonly value: string; readonly start: number; readonly end: number }
  | { readonly kind: "other" };

export type Arguments = ReadonlyMap<string, Argument>;

/** The one field that a mutation asks for, with places as offsets of the document's text. */
export interface MutationField {
  /** Not its alias. */
  readonly name: string;
  readonly arguments: Arguments;
  readonly directives: readonly { readonly name: string; readonly arguments: Arguments }[];
  /** Behind its arguments and directives, where a further directive would stand. */
  readonly end: number;
}

/**
 * The field of a document's mutation. A sentence where it has none, or several: a key names one
 * operation. `operationName` picks one of several operations (GraphQL, 6.1).
 */
export function mutationField(
  text: string,
  operationName: string | null,
): MutationField | { readonly why: string } {
  try {
    const reader = new Reader(tokensOf(text));
    return chosen(reader.operations(), operationName);
  } catch (error) {
    if (error instanceof GraphqlTextError)
      return { why: `the query is no GraphQL document: ${error.message}` };
    throw error;
  }
}

interface Operation {
  readonly kind: string;
  readonly name: string | null;
  readonly fields: readonly MutationField[];
  /** True where its fields cannot all be seen, because a fragment brings some. */
  readonly hasSpread: boolean;
}

function chosen(
  operations: readonly Operation[],
  operationName: string | null,
): MutationField | { readonly why: string } {
  const meant = operationName === null ? operations : operations.filter(({ name }) => name === operationName);
  const [operation] = meant;
  if (operation === undefined || meant.length > 1)
    return { why: "the query does not say which operation is meant" };
  if (operation.kind !== "mutation") return { why: `the operation is a ${operation.kind}, not a mutation` };
  const [field] = operation.fields;
  if (field === undefined || operation.fields.length > 1 || operation.hasSpread) {
    return { why: "the mutation has not exactly one field" };
  }
  return field;
}

/** Reads what stands outside of braces, and one level into them. Without recursion: documents are hostile. */
class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  operations(): readonly Operation[] {
    const found: Operation[] = [];
    while (this.#at < this.#tokens.length) {
      const { kind, text } = this.#peek();
      if (text === "{") found.push({ kind: "query", name: null, ...this.#rootFields() });
      else if (kind !== "name") throw new GraphqlTextError(`${text} where a definition begins`);
      else if (text === "fragment") this.#skipTo("{", true);
      else if (text === "query" || text === "mutation" || text === "subscription")
        found.push(this.#operation());
      else throw new GraphqlTextError(`${text} is nothing that can be executed`);
    }
    return found;
  }

  #operation(): Operation {
    const kind = this.#next().text;
    const name = this.#peek().kind === "name" ? this.#next().text : null;
    this.#skipTo("{", false);
    return { kind, name, ...this.#rootFields() };
  }

  #rootFields(): Pick<Operation, "fields" | "hasSpread"> {
    const fields: MutationField[] = [];
    let hasSpread = false;
    this.#expect("{");
    while (!this.#takes("}")) {
      if (this.#takes("...")) {
        hasSpread = true;
        this.#skipSpread();
      } else fields.push(this.#field());
    }
    return { fields, hasSpread };
  }

  #field(): MutationField {
    let name = this.#name();
    if (this.#takes(":")) name = this.#name();
    const given = this.#arguments();
    const directives: MutationField["directives"][number][] = [];
    while (this.#takes("@")) directives.push({ name: this.#name(), arguments: this.#arguments() });
    const end = this.#tokens[this.#at - 1]?.end ?? 0;
    if (this.#peek().text === "{") this.#skipBrackets();
    return { name, arguments: given, directives, end };
  }

  /** `...Name @directive` or `... on Type @directive { … }`, which stand for fields that are not seen. */
  #skipSpread(): void {
    while (this.#peek().kind === "name" || this.#peek().text === "@") {
      this.#at += 1;
      if (this.#peek().text === "(") this.#skipBrackets();
    }
    if (this.#peek().text === "{") this.#skipBrackets();
  }

  #arguments(): Arguments {
    const found = new Map<string, Argument>();
    if (!this.#takes("(")) return found;
    while (!this.#takes(")")) {
      const name = this.#name();
      this.#expect(":");
      if (found.has(name)) throw new GraphqlTextError(`the argument ${name} twice`);
      found.set(name, this.#value());
    }
    return found;
  }

  #value(): Argument {
    if (this.#takes("$")) return { kind: "variable", name: this.#name() };
    const token = this.#peek();
    if (token.text === "{" || token.text === "[") {
      this.#skipBrackets();
      return { kind: "other" };
    }
    this.#at += 1;
    if (token.kind === "punctuator") throw new GraphqlTextError(`${token.text} where a value begins`);
    const value = token.kind === "string" ? stringValue(token.text) : null;
    return value === null ? { kind: "other" } : { kind: "string", value, start: token.start, end: token.end };
  }

  /** From an opening bracket behind its closing one. */
  #skipBrackets(): void {
    const closers: string[] = [];
    do {
      const { text, kind } = this.#next();
      if (kind !== "punctuator") continue;
      const closer = closerOf.get(text);
      if (closer !== undefined) closers.push(closer);
      else if (text === ")" || text === "]" || text === "}") {
        if (closers.pop() !== text) throw new GraphqlTextError(`${text} closes nothing`);
      }
    } while (closers.length > 0);
  }

  /** To an opening brace outside of all others, or behind the one that closes it. */
  #skipTo(opener: string, andBehind: boolean): void {
    while (this.#peek().text !== opener) {
      if (closerOf.has(this.#peek().text)) this.#skipBrackets();
      else this.#at += 1;
    }
    if (andBehind) this.#skipBrackets();
  }

  #name(): string {
    const { kind, text } = this.#next();
    if (kind !== "name") throw new GraphqlTextError(`${text} where a name is expected`);
    return text;
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw new GraphqlTextError(`${this.#peek().text} where ${text} is expected`);
  }

  #takes(text: string): boolean {
    const { kind, text: found } = this.#peek();
    if (kind !== "punctuator" || found !== text) return false;
    this.#at += 1;
    return true;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #peek(): Token {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new GraphqlTextError("it ends too early");
    return token;
  }
}

const closerOf = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

/** What a string token stands for; null where it has an escape that JSON does not know. */
function stringValue(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}
