// Compiles the schemas ahead of time: src/generated/validators.js and src/generated/events.d.ts.
//
//   node scripts/generate.mjs [--check]
//
// An extension's content security policy forbids eval, so nothing may be compiled in the browser
// (https://ajv.js.org/standalone.html).

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import standaloneCode from "ajv/dist/standalone/index.js";
import { eventTypes } from "./event_types.mjs";

const SCHEMAS = new URL("../../../schemas/", import.meta.url);
const GENERATED = new URL("../src/generated/", import.meta.url);
const HEADER = "// Written by scripts/generate.mjs: do not edit.\n";
const LENGTH_IMPORT = 'require("ajv/dist/runtime/ucs2length").default';
const ANNOTATIONS = new Set(["title", "description", "examples"]);

/** The schema versions, oldest first, as [number, schema]. */
function readSchemas() {
  return readdirSync(SCHEMAS)
    .map((name) => [Number(/^event\.v(\d+)\.schema\.json$/.exec(name)?.[1]), name])
    .filter(([version]) => version)
    .sort(([one], [other]) => one - other)
    .map(([version, name]) => [version, JSON.parse(readFileSync(new URL(name, SCHEMAS), "utf8"))]);
}

/** Without what only people and tables read: it would travel in the package. */
function withoutAnnotations(schema) {
  if (Array.isArray(schema)) return schema.map(withoutAnnotations);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([name, value]) =>
      !name.startsWith("x-") && !(ANNOTATIONS.has(name) && typeof value !== "object"),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutAnnotations(value)]));
}

function validators(schemas) {
  const ajv = new Ajv2020.default({
    allErrors: true,
    inlineRefs: false,
    messages: false, // the words are the server's: see rules.js
    strict: true,
    strictTypes: false, // a type beside a $ref is meant
    code: { source: true, esm: true, lines: true },
    schemas: schemas.map(([, schema]) => withoutAnnotations(schema)),
  });
  const names = Object.fromEntries(schemas.map(([version, { $id }]) => [`v${version}`, $id]));
  const code = standaloneCode.default(ajv, names)
    .replace('"use strict";\n', "")
    .replaceAll(LENGTH_IMPORT, "(text) => Array.from(text).length");
  if (/\b(require|import|eval|Function)\s*\(/.test(code)) throw new Error("not self-contained");
  const table = schemas.map(([version]) => `${version}: v${version}`).join(", ");
  return `${HEADER}${code.trim()}\n\nexport const VALIDATORS = { ${table} };\n`;
}

const VALIDATOR_TYPES = `
export interface Violation {
  keyword: string;
  instancePath: string;
  propertyName?: string;
  params: Record<string, unknown>;
}

export interface Validator {
  (document: unknown): boolean;
  errors: Violation[] | null;
}

export const VALIDATORS: Readonly<Record<number, Validator>>;
`;

const schemas = readSchemas();
const files = {
  "validators.d.ts": HEADER + VALIDATOR_TYPES,
  "validators.js": validators(schemas),
  "events.d.ts": HEADER + eventTypes(schemas),
};
for (const [name, text] of Object.entries(files)) {
  const target = new URL(name, GENERATED);
  if (!process.argv.includes("--check")) {
    writeFileSync(target, text);
  } else if (readFileSync(target, "utf8") !== text) {
    console.error(`${name} is out of date: make client`);
    process.exitCode = 1;
  }
}
