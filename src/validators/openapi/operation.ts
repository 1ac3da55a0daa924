// What a call may be, in the one form that everything here works on, whether it was read from an
// OpenAPI document or written in the configuration.
import type { PathTemplate } from "./path-template.ts";

export type ParameterPlace = "path" | "query" | "header";

export type ParameterStyle =
  | "simple"
  | "label"
  | "matrix"
  | "form"
  | "spaceDelimited"
  | "pipeDelimited"
  | "deepObject";

/** A parameter outside the body. */
export interface Parameter {
  readonly name: string;
  readonly in: ParameterPlace;
  readonly required: boolean;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowEmptyValue: boolean;
  /** True where its text is JSON (`content` in the place of `schema`). */
  readonly isJson: boolean;
  /** As the document has it. */
  readonly schema: unknown;
}

/** One form that a body may have. */
export interface BodyForm {
  /** As the document has it; undefined where there is none, and anything goes. */
  readonly schema: unknown;
  /** How the members of a form are written, by name. */
  readonly encoding: Readonly<Record<string, unknown>>;
}

/** The form of a body, and the media type that it was given for. */
export interface TypedForm {
  readonly type: string;
  readonly form: BodyForm;
}

export interface RequestBody {
  readonly required: boolean;
  /** By media type or range, in lower case, without its parameters. */
  readonly forms: ReadonlyMap<string, BodyForm>;
}

export interface Operation {
  /** In capitals. */
  readonly method: string;
  readonly template: PathTemplate;
  readonly parameters: readonly Parameter[];
  /** Null where it describes none. */
  readonly body: RequestBody | null;
  /** True where further names in the query are spoken for: the document describes it as a whole. */
  readonly openQuery: boolean;
  /** Names in the query that are no parameters: the keys of security schemes. */
  readonly queryKeys: readonly string[];
  /** Paths of its servers, without a closing slash; empty where it names none. */
  readonly basePaths: readonly string[];
}

/** An OpenAPI document as far as calls are checked against it. */
export interface ApiDocument {
  readonly root: unknown;
  /** OpenAPI 3.0 ignores what stands beside a `$ref`. */
  readonly isOld: boolean;
  readonly operations: readonly Operation[];
}
