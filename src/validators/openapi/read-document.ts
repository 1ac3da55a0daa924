import { isRaw, type Raw } from "../references.ts";
import { basePathsOf } from "./base-path.ts";
import { type DocumentFault, DocumentFaults, pointerTo, said } from "./document-fault.ts";
import { formOf, type PathTemplate, readTemplate } from "./path-template.ts";
import { readBody, readParameters, type Reading } from "./read-parts.ts";
import { dereferenced, type Placed } from "./reference.ts";
import { surveySchemas } from "./schema-survey.ts";
import type { ApiDocument, Operation, Parameter } from "./operation.ts";

const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"] as const;

/** Reads an OpenAPI document of 3.0, 3.1 or 3.2, and finds everything that is wrong with it at once. */
export function readDocument(root: unknown): ApiDocument | { readonly faults: readonly DocumentFault[] } {
  const faults = new DocumentFaults();
  const version = versionOf(root, faults);
  if (version === undefined || !isRaw(root)) return { faults: faults.list };
  const reading: Reading = { root, faults, schemas: [] };
  const operations = readPaths(reading, root);
  surveySchemas(root, reading.schemas, version === "3.0", faults);
  if (faults.list.length > 0) return { faults: faults.list };
  return { root, isOld: version === "3.0", operations };
}

function versionOf(root: unknown, faults: DocumentFaults): string | undefined {
  const wanted = 'an OpenAPI document: openapi: "3.0.x", "3.1.x" or "3.2.x"';
  if (!isRaw(root)) {
    faults.add("", wanted, said(root));
    return undefined;
  }
  if (root["swagger"] !== undefined) {
    faults.add("/swagger", wanted, said(root["swagger"]), "Convert it to OpenAPI 3 first.");
    return undefined;
  }
  const written = root["openapi"];
  const [, version] = /^(3\.[012])\.\d+(?:[-+].*)?$/.exec(typeof written === "string" ? written : "") ?? [];
  if (version === undefined) faults.add("/openapi", wanted, said(written), "In YAML, quote it.");
  return version;
}

function readPaths(reading: Reading, root: Raw): readonly Operation[] {
  const { faults } = reading;
  const paths = root["paths"] ?? {};
  if (!isRaw(paths)) {
    faults.add("/paths", "an object of paths", said(paths));
    return [];
  }
  const operations: Operation[] = [];
  const forms = new Map<string, string>();
  for (const [path, value] of Object.entries(paths)) {
    if (path.startsWith("x-")) continue;
    const pointer = pointerTo("/paths", path);
    const template = readTemplate(path);
    if ("expected" in template) {
      faults.add(pointer, template.expected, JSON.stringify(path));
      continue;
    }
    const form = formOf(template);
    const same = forms.get(form);
    if (same !== undefined) {
      faults.add(pointer, `a path of another form than ${same}`, JSON.stringify(path));
      continue;
    }
    forms.set(form, path);
    const item = dereferenced(root, { value, pointer }, faults);
    if (item !== undefined) operations.push(...readPathItem(reading, root, template, item));
  }
  if (operations.length === 0 && faults.list.length === 0) {
    faults.add("/paths", "at least one operation", "none");
  }
  return operations;
}

function readPathItem(
  reading: Reading,
  root: Raw,
  template: PathTemplate,
  item: Placed & { readonly value: Raw },
): readonly Operation[] {
  const { faults } = reading;
  const shared = readParameters(reading, {
    value: item.value["parameters"],
    pointer: `${item.pointer}/parameters`,
  });
  const written: (readonly [string, Placed])[] = methods.map((method) => [
    method.toUpperCase(),
    { value: item.value[method], pointer: `${item.pointer}/${method}` },
  ]);
  const additional = item.value["additionalOperations"];
  for (const [method, value] of Object.entries(isRaw(additional) ? additional : {})) {
    written.push([method, { value, pointer: pointerTo(item.pointer, "additionalOperations", method) }]);
  }
  return written.flatMap(([method, { value, pointer }]): readonly Operation[] => {
    if (value === undefined) return [];
    if (!isRaw(value)) {
      faults.add(pointer, "an operation", said(value));
      return [];
    }
    const own = readParameters(reading, { value: value["parameters"], pointer: `${pointer}/parameters` });
    const parameters = overridden(shared.parameters, own.parameters);
    checkTemplate(template, parameters, pointer, faults);
    const servers = [value["servers"], item.value["servers"], root["servers"]].find(
      (one) => one !== undefined,
    );
    return [
      {
        method,
        template,
        parameters,
        body: readBody(reading, { value: value["requestBody"], pointer: `${pointer}/requestBody` }),
        openQuery: shared.openQuery || own.openQuery,
        queryKeys: queryKeysOf(root),
        basePaths: basePathsOf(servers, faults),
      },
    ];
  });
}

function keyOf(one: Parameter): string {
  return JSON.stringify([one.in, one.name]);
}

/** An operation's own parameters replace those of its path that have their name and place. */
function overridden(shared: readonly Parameter[], own: readonly Parameter[]): readonly Parameter[] {
  const keys = new Set(own.map(keyOf));
  return [...shared.filter((one) => !keys.has(keyOf(one))), ...own];
}

function checkTemplate(
  template: PathTemplate,
  parameters: readonly Parameter[],
  pointer: string,
  faults: DocumentFaults,
): void {
  const declared = new Set(parameters.filter((one) => one.in === "path").map(({ name }) => name));
  for (const name of template.parameters) {
    if (!declared.has(name)) faults.add(pointer, `a path parameter called ${JSON.stringify(name)}`, "none");
  }
  for (const name of declared) {
    if (!template.parameters.includes(name)) {
      faults.add(pointer, `{${name}} in the path ${template.written}`, "a path parameter of that name alone");
    }
  }
}

/** Keys in the query are no parameters, and no faults either. */
function queryKeysOf(root: Raw): readonly string[] {
  const components = root["components"];
  const schemes = isRaw(components) ? components["securitySchemes"] : undefined;
  return Object.values(isRaw(schemes) ? schemes : {}).flatMap((scheme) =>
    isRaw(scheme) && scheme["in"] === "query" && typeof scheme["name"] === "string" ? [scheme["name"]] : [],
  );
}
