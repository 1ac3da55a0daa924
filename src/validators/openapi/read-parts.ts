import { isRaw, type Raw } from "../references.ts";
import { type DocumentFaults, pointerTo, said } from "./document-fault.ts";
import { isJsonType, mediaTypeOf } from "./media-type.ts";
import { dereferenced, type Placed } from "./reference.ts";
import type { BodyForm, Parameter, ParameterPlace, ParameterStyle, RequestBody } from "./operation.ts";

/** A document on its way to operations. */
export interface Reading {
  readonly root: Raw;
  readonly faults: DocumentFaults;
  /** Every schema that a call is checked against, for the survey. */
  readonly schemas: Placed[];
}

const stylesOf: Readonly<Record<ParameterPlace, readonly ParameterStyle[]>> = {
  path: ["simple", "label", "matrix"],
  query: ["form", "spaceDelimited", "pipeDelimited", "deepObject"],
  header: ["simple"],
};

/** Described elsewhere in the document, and no parameters (OpenAPI 3.1, 4.8.12.1). */
const notParameters = new Set(["accept", "content-type", "authorization"]);

/** Parameters outside the body. `openQuery`: one of them describes the query as a whole. */
export function readParameters(
  reading: Reading,
  { value: list, pointer }: Placed,
): { readonly parameters: readonly Parameter[]; readonly openQuery: boolean } {
  const { root, faults } = reading;
  if (list === undefined) return { parameters: [], openQuery: false };
  if (!Array.isArray(list)) {
    faults.add(pointer, "a list of parameters", said(list));
    return { parameters: [], openQuery: false };
  }
  const parameters = new Map<string, Parameter>();
  let openQuery = false;
  for (const [place, value] of (list as readonly unknown[]).entries()) {
    const placed = dereferenced(root, { value, pointer: `${pointer}/${place}` }, faults);
    if (placed === undefined) continue;
    if (placed.value["in"] === "querystring") openQuery = true;
    const parameter = readParameter(reading, placed);
    if (parameter === undefined) continue;
    const key = JSON.stringify([parameter.in, parameter.name]);
    if (parameters.has(key)) faults.add(`${pointer}/${place}`, "each parameter once", parameter.name);
    parameters.set(key, parameter);
  }
  return { parameters: [...parameters.values()], openQuery };
}

function readParameter(reading: Reading, placed: Placed & { readonly value: Raw }): Parameter | undefined {
  const { faults } = reading;
  const { value, pointer } = placed;
  const { name, in: place } = value;
  if (typeof name !== "string" || name === "") {
    faults.add(pointer, "a parameter with a name", said(name));
    return undefined;
  }
  // Cookies belong to who calls, not to what is asked.
  if (place === "cookie" || place === "querystring") return undefined;
  if (place !== "path" && place !== "query" && place !== "header") {
    faults.add(pointerTo(pointer, "in"), "one of path, query, header, cookie", said(place));
    return undefined;
  }
  if (place === "header" && notParameters.has(name.toLowerCase())) return undefined;
  if (place === "path" && value["required"] !== true) {
    faults.add(
      pointerTo(pointer, "required"),
      "required: true, as every path parameter has it",
      said(value["required"]),
    );
  }
  const style = styleOf(place, value, pointer, faults);
  const described = describedBy(reading, placed);
  return {
    name,
    in: place,
    required: value["required"] === true,
    style,
    explode: typeof value["explode"] === "boolean" ? value["explode"] : style === "form",
    allowEmptyValue: value["allowEmptyValue"] === true,
    ...described,
  };
}

function styleOf(place: ParameterPlace, value: Raw, pointer: string, faults: DocumentFaults): ParameterStyle {
  const styles = stylesOf[place];
  const usual = place === "query" ? "form" : "simple";
  const written = value["style"] ?? usual;
  const style = styles.find((one) => one === written);
  if (style === undefined)
    faults.add(pointerTo(pointer, "style"), `one of ${styles.join(", ")}`, said(written));
  return style ?? usual;
}

/** Either a schema, or one media type that has one. */
function describedBy(
  reading: Reading,
  { value, pointer }: Placed & { readonly value: Raw },
): Pick<Parameter, "schema" | "isJson"> {
  const { content, schema } = value;
  if (content === undefined) {
    if (schema !== undefined) reading.schemas.push({ value: schema, pointer: `${pointer}/schema` });
    else reading.faults.add(pointer, "a schema, or content", "neither");
    return { schema, isJson: false };
  }
  const [entry, ...others] = Object.entries(isRaw(content) ? content : {});
  if (entry === undefined || others.length > 0 || schema !== undefined) {
    reading.faults.add(`${pointer}/content`, "one media type, and no schema beside it", said(content));
    return { schema: undefined, isJson: false };
  }
  const [type, form] = entry;
  const read = readForm(reading, { value: form, pointer: pointerTo(`${pointer}/content`, type) });
  // Text of another kind is not looked into.
  return isJsonType(mediaTypeOf(type))
    ? { schema: read?.schema, isJson: true }
    : { schema: {}, isJson: false };
}

/** The body that a request may have, or null where none is described. */
export function readBody(reading: Reading, placed: Placed): RequestBody | null {
  if (placed.value === undefined) return null;
  const body = dereferenced(reading.root, placed, reading.faults);
  if (body === undefined) return null;
  const { content, required } = body.value;
  const forms = new Map<string, BodyForm>();
  if (!isRaw(content)) {
    reading.faults.add(`${body.pointer}/content`, "an object of media types", said(content));
    return null;
  }
  for (const [type, value] of Object.entries(content)) {
    const form = readForm(reading, { value, pointer: pointerTo(`${body.pointer}/content`, type) });
    if (form !== undefined) forms.set(mediaTypeOf(type), form);
  }
  return { required: required === true, forms };
}

function readForm(reading: Reading, placed: Placed): BodyForm | undefined {
  const form = dereferenced(reading.root, placed, reading.faults);
  if (form === undefined) return undefined;
  const { schema, encoding } = form.value;
  if (schema !== undefined) reading.schemas.push({ value: schema, pointer: `${form.pointer}/schema` });
  return { schema, encoding: isRaw(encoding) ? encoding : {} };
}
