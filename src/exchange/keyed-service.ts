/** Where a service expects the idempotency key of a call. */
export type KeyPlace =
  | {
      readonly in: "header";
      readonly name: string;
      /** In quotes, a string of RFC 8941: draft-ietf-httpapi-idempotency-key-header. Left out: bare. */
      readonly quoted?: boolean;
    }
  /** A JSON Pointer (RFC 6901) to a member of the body. Missing objects on the way are made. */
  | { readonly in: "json"; readonly pointer: string }
  /** A field of a body in `application/x-www-form-urlencoded`. */
  | { readonly in: "form"; readonly field: string }
  | { readonly in: "query"; readonly parameter: string }
  | GraphqlVariable
  | GraphqlDirective;

/** What the argument of a mutation's one field takes from a variable. */
export interface GraphqlVariable {
  readonly in: "graphql-variable";
  /** Names of mutation fields that take a key there; `*` stands for anything. */
  readonly fields: readonly string[];
  /** The argument whose value is a variable. */
  readonly argument: string;
  /** A JSON Pointer inside that variable; left out: the variable itself. */
  readonly pointer?: string;
}

/** A directive behind a mutation's one field: `@idempotent(key: "…")`. */
export interface GraphqlDirective {
  readonly in: "graphql-directive";
  readonly fields: readonly string[];
  /** Without the `@`. */
  readonly directive: string;
  readonly argument: string;
}

/** Which keys a service accepts. */
export interface KeyLimits {
  /** Characters. */
  readonly lengthMax?: number;
  /** `uuid`: only a UUID with its dashes. `alphanumeric`: only letters and digits. Left out: any. */
  readonly form?: "uuid" | "alphanumeric";
}

/** What is known of some paths of a service that takes idempotency keys. */
export interface KeyedService {
  readonly name: string;
  /** `api.example.com`; `*` stands for one label, and at the beginning for one or more. */
  readonly hosts: readonly string[];
  /** Patterns of whole paths: `*` is anything inside a segment, `**` any number of segments. */
  readonly paths: readonly string[];
  /** In upper case. */
  readonly methods: readonly string[];
  readonly key: KeyPlace;
  readonly limits: KeyLimits;
  /** How long the service says that it remembers a key. Left out: it does not say. */
  readonly keyRetentionSeconds?: number;
  /** What its 409 says: that the first call may still be running, or that this one was refused. */
  readonly conflict: "in-doubt" | "refused";
  /** True where an error is remembered under the key as well, and answers every later call with it. */
  readonly storesErrors?: boolean;
  /** Fields that SDKs fill with random tokens, `/name` of a body or `?name` of a query. */
  readonly ignore: readonly string[];
  /** Where it says so. */
  readonly source: string;
  /** When that was read last: `2026-11-30`. */
  readonly checked: string;
}
